"""A pipeline put together by hand: an imperative Workflow with inputs, entities and outputs, run and called again."""

from typing import Dict, List

from flytekit import Workflow, task, workflow


@task
def tokens(text: str) -> List[str]:
    return text.lower().split()


@task
def frequency(words: List[str], minimum: int) -> Dict[str, int]:
    counts: Dict[str, int] = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return {word: count for word, count in sorted(counts.items()) if count >= minimum}


@task
def join(left: str, right: str) -> str:
    return f"{left} {right}"


@task
def greet() -> str:
    return "so it goes"


pipeline = Workflow(name="text.pipeline")
pipeline.add_workflow_input("text", str)
pipeline.add_workflow_input("minimum", int)
greeting = pipeline.add_entity(greet)
joined = pipeline.add_entity(join, left=greeting.outputs["o0"], right=pipeline.inputs["text"])
split = pipeline.add_entity(tokens, text=joined.outputs["o0"])
counted = pipeline.add_entity(frequency, words=split.outputs["o0"], minimum=pipeline.inputs["minimum"])
pipeline.add_workflow_output("counts", counted.outputs["o0"])
pipeline.add_workflow_output("words", split.outputs["o0"])


@workflow
def outer(text: str) -> List[str]:
    found = pipeline(text=text, minimum=1)
    return found.words


if __name__ == "__main__":
    print(pipeline.name, pipeline.ready())
    found = pipeline(text="It goes and it stops", minimum=2)
    print(found.counts, len(found.words))
    print(outer(text="on and on"))
