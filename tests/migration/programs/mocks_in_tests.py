"""How a pipeline is tested: task_mock as a context manager, patch as a decorator, for tasks and references."""

from typing import List

from flytekit import reference_task, task, workflow
from flytekit.testing import patch, task_mock


@task
def fetch_prices(symbol: str) -> List[float]:
    if symbol:
        raise RuntimeError("no network in tests")
    return []


@task
def average(prices: List[float]) -> float:
    return sum(prices) / len(prices)


@reference_task(project="markets", domain="production", name="markets.rates.convert", version="v7")
def convert(amount: float, currency: str) -> float: ...


@workflow
def quote(symbol: str, currency: str) -> float:
    return convert(amount=average(prices=fetch_prices(symbol=symbol)), currency=currency)


def test_quote():
    with task_mock(fetch_prices) as prices, task_mock(convert) as rate:
        prices.return_value = [1.0, 2.0, 6.0]
        rate.return_value = 2.5
        print(quote(symbol="ABC", currency="EUR"))
        print(prices.call_count, rate.call_args.kwargs)


@patch(fetch_prices)
def test_average(prices):
    prices.side_effect = lambda symbol: [float(len(symbol))] * 3
    with task_mock(convert) as rate:
        rate.side_effect = lambda amount, currency: amount * 10
        print(quote(symbol="ABCDE", currency="USD"))


if __name__ == "__main__":
    test_quote()
    test_average()
    try:
        fetch_prices(symbol="ABC")
    except Exception as error:
        print("no network" in str(error))
