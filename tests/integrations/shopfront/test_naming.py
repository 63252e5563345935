"""A detector of the admin's: tiny models that the test makes itself."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from integrations.shopfront.keeper import Keeper
from integrations.shopfront.naming import Namer, overlap, rows_of

from .pavement import keep, pictures, thing, zone

LABELS = ("person", "box", "chair")
BOX = (150, 100, 180, 125)


def make_model(path: Path, output: Any, size: int = 64, channels: int = 3) -> Path:
    """A model that says the same of every picture."""
    value = np.asarray(output, dtype=np.float32)
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, channels, size, size])
    answer = helper.make_tensor_value_info("boxes", TensorProto.FLOAT, list(value.shape))
    constant = helper.make_tensor("value", TensorProto.FLOAT, value.shape, value.ravel())
    node = helper.make_node("Constant", [], ["boxes"], value=constant)
    graph = helper.make_graph([node], "says_the_same", [entry], [answer])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(path))
    return path


def rows(*boxes: Any) -> Any:
    return [[list(box) for box in boxes]]


@pytest.fixture
def picture() -> Any:
    return next(pictures(1, thing(0)))[1]


# The box is shown with one and a half times its size around it: it lies in the middle quarter of the 64 pixels.
HERE = (22, 21, 42, 40)


def test_the_best_of_what_lies_there_is_named(tmp_path: Path, picture: Any) -> None:
    path = make_model(tmp_path / "m.onnx", rows((*HERE, 0.8, 1), (*HERE, 0.6, 2), (0, 0, 8, 8, 0.99, 0)))
    assert Namer(path, LABELS).name(picture, BOX) == "box"


@pytest.mark.parametrize(
    "row", [(*HERE, 0.3, 1), (50, 50, 64, 64, 0.9, 1), (*HERE, 0.9, 7), (*HERE, 0.9, -1)]
)
def test_what_is_weak_elsewhere_or_unknown_is_not(tmp_path: Path, picture: Any, row: Any) -> None:
    assert Namer(make_model(tmp_path / "m.onnx", rows(row)), LABELS).name(picture, BOX) == ""


def test_the_other_common_form_is_read_too() -> None:
    output = np.zeros((1, 4 + 3, 50), np.float32)
    output[0, :, 7] = (32, 30, 20, 18, 0.1, 0.2, 0.7)
    ((corners, score, kind), *_rest) = rows_of(output)
    assert corners == (22, 21, 42, 39)
    assert (round(score, 3), kind) == (0.7, 2)


def test_what_can_not_be_used_is_named(tmp_path: Path, picture: Any) -> None:
    with pytest.raises(ValueError, match="no file"):
        Namer(tmp_path / "none.onnx", LABELS)
    (tmp_path / "bad.onnx").write_bytes(b"<html>Sign in</html>")
    with pytest.raises(ValueError, match="no ONNX model"):
        Namer(tmp_path / "bad.onnx", LABELS)
    with pytest.raises(ValueError, match="no picture"):
        Namer(make_model(tmp_path / "grey.onnx", rows((*HERE, 0.9, 1)), channels=1), LABELS)
    flat = Namer(make_model(tmp_path / "flat.onnx", [[0.1, 0.9]]), LABELS)
    with pytest.raises(ValueError, match="shape"):
        flat.name(picture, BOX)


def test_overlap() -> None:
    assert overlap((0, 0, 2, 2), (0, 0, 2, 2)) == 1.0
    assert overlap((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert overlap((0, 0, 1, 1), (2, 2, 3, 3)) == 0.0


@pytest.mark.parametrize(("kind", "told"), [(1, ["box"]), (0, [])])
def test_goods_are_named_and_people_are_no_goods(tmp_path: Path, kind: int, told: list[str]) -> None:
    namer = Namer(make_model(tmp_path / "m.onnx", rows((*HERE, 0.9, kind))), LABELS)
    keeper = Keeper([zone(hold=25.0)], namer=namer, ignored=["person"])
    assert [item.thing for item in keep(keeper, pictures(75, thing(25)))] == told
