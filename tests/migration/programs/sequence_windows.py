"""Genomics-like: dynamic fan-out, nested lists, helper functions, a subworkflow inside the dynamic task."""

from typing import Dict, List

from flytekit import dynamic, task, workflow


def complement(sequence: str) -> str:
    return sequence.translate(str.maketrans("ACGT", "TGCA"))[::-1]


@task
def windows(sequence: str, size: int) -> List[str]:
    return [sequence[at : at + size] for at in range(0, len(sequence) - size + 1, size)]


@task
def gc_share(window: str) -> float:
    return round(sum(base in "GC" for base in window) / len(window), 3)


@task
def reverse(window: str) -> str:
    return complement(window)


@task
def palindromic(window: str, reversed_window: str) -> bool:
    return window == reversed_window


@workflow
def inspect_window(window: str) -> bool:
    return palindromic(window=window, reversed_window=reverse(window=window))


@dynamic
def profile(parts: List[str]) -> List[float]:
    shares = []
    for part in parts:
        shares.append(gc_share(window=part))
    return shares


@dynamic
def find_palindromes(parts: List[str]) -> List[bool]:
    return [inspect_window(window=part) for part in parts]


@task
def report(parts: List[str], shares: List[float], palindromes: List[bool]) -> Dict[str, float]:
    return {part + ("*" if flag else ""): share for part, share, flag in zip(parts, shares, palindromes)}


@workflow
def analyse(sequence: str, size: int = 4) -> Dict[str, float]:
    parts = windows(sequence=sequence, size=size)
    return report(parts=parts, shares=profile(parts=parts), palindromes=find_palindromes(parts=parts))


if __name__ == "__main__":
    print(analyse(sequence="ACGTGGCCAATTTTTA"))
    print(profile(parts=["GGGG", "AACC"]))
    print(analyse(sequence="GAATTCAAAAAA", size=6))
