# pyright: basic, reportMissingImports=false
# onnx is needed for training alone: no environment of the project holds it.
"""How the layers of the careful reader are joined, for onnxruntime; the weights stay in ``encoder.npz``."""

from collections.abc import Iterator

import onnx
from onnx import TensorProto, helper

from bot.triage.encoder import HEADS

_FUSED = "com.microsoft"
_SMALL = 1e-12


def graph(layers: int, width: int, wide: int) -> bytes:
    """The content of ``encoder.onnx``: it takes the state before the first layer and gives the one after the last."""
    shapes = dict(pair for layer in range(layers) for pair in _shapes(layer, width, wide))
    nodes = [node for layer in range(layers) for node in _nodes(layer, last=layer == layers - 1)]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "pieces", width]) for name in ("state", "told")]
    weights = [_elsewhere(name, shape) for name, shape in shapes.items()]
    joined = helper.make_graph(nodes, "encoder", ends[:1], ends[1:], weights)
    sets = [helper.make_opsetid("", 18), helper.make_opsetid(_FUSED, 1)]
    return helper.make_model(joined, opset_imports=sets, ir_version=9).SerializeToString()


def _shapes(layer: int, width: int, wide: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    sizes = {"attend": (width, 3 * width), "join": (width, width), "widen": (width, wide), "narrow": (wide, width)}
    for part, shape in sizes.items():
        yield f"{layer}.{part}", shape
        yield f"{layer}.{part}_bias", shape[1:]
    for norm in ("join_norm", "narrow_norm"):
        yield from ((f"{layer}.{norm}.{row}", (width,)) for row in (0, 1))


def _nodes(layer: int, *, last: bool) -> Iterator[onnx.NodeProto]:
    def name(part: str) -> str:
        return f"{layer}.{part}"

    def fused(kind: str, taken: list[str], given: str, **settings: float) -> onnx.NodeProto:
        return helper.make_node(kind, taken, [given], domain=_FUSED, **settings)

    def normed(added: str, state: str, part: str, given: str) -> onnx.NodeProto:
        weights = [name(f"{part}_norm.0"), name(f"{part}_norm.1"), name(f"{part}_bias")]
        return fused("SkipLayerNormalization", [added, state, *weights], given, epsilon=_SMALL)

    state = "state" if not layer else f"{layer - 1}.after"
    yield fused("Attention", [state, name("attend"), name("attend_bias")], name("heard"), num_heads=HEADS)
    yield helper.make_node("MatMul", [name("heard"), name("join")], [name("joined")])
    yield normed(name("joined"), state, "join", name("between"))
    yield helper.make_node("MatMul", [name("between"), name("widen")], [name("wide")])
    yield fused("FastGelu", [name("wide"), name("widen_bias")], name("bent"))
    yield helper.make_node("MatMul", [name("bent"), name("narrow")], [name("narrowed")])
    yield normed(name("narrowed"), name("between"), "narrow", "told" if last else name("after"))


def _elsewhere(name: str, shape: tuple[int, ...]) -> onnx.TensorProto:
    weight = onnx.TensorProto(name=name, data_type=TensorProto.FLOAT, dims=shape, data_location=TensorProto.EXTERNAL)
    weight.external_data.add(key="location", value="encoder.npz")
    return weight
