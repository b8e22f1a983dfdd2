"""A module with its tests beside it: unit tests of functions, tasks and workflows, with unittest."""

import unittest
from typing import List
from unittest import mock

import flytekit
from flytekit import task, workflow
from flytekit.testing import task_mock


def clean(text: str) -> str:
    return " ".join(text.split())


@task
def load(path: str) -> List[str]:
    with open(path) as lines:
        return [clean(line) for line in lines]


@task
def longest(lines: List[str]) -> str:
    return max(lines, key=len)


@workflow
def headline(path: str) -> str:
    return longest(lines=load(path=path))


class PipelineTest(unittest.TestCase):
    def test_function(self):
        self.assertEqual(clean(" a   b "), "a b")

    def test_task(self):
        self.assertEqual(longest(lines=["a", "bbb"]), "bbb")
        self.assertEqual(longest.task_function(["x", "yy"]), "yy")

    def test_workflow(self):
        with task_mock(load) as lines:
            lines.return_value = ["short", "much longer"]
            self.assertEqual(headline(path="nowhere"), "much longer")
            lines.assert_called_once_with(path="nowhere")

    def test_patched_function(self):
        with mock.patch(f"{__name__}.clean", side_effect=str.upper) as cleaned:
            self.assertEqual(clean("a"), "A")
            self.assertEqual(cleaned.call_count, 1)

    def test_types(self):
        self.assertEqual(headline.python_interface.inputs, {"path": str})
        self.assertIsInstance(load, flytekit.PythonFunctionTask)
        with self.assertRaises(Exception):
            longest(lines=3)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(PipelineTest)
    result = unittest.TestResult()
    suite.run(result)
    print(result.testsRun, len(result.failures), len(result.errors))
    for _, text in result.failures + result.errors:
        print(text.splitlines()[-1])
