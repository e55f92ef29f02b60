"""The layers of the careful reader run by onnxruntime, some two times as fast as by numpy; numpy where it is missing.

``encoder.onnx`` holds only how the layers are joined: the weights come from ``encoder.npz``, the same for both ways.
"""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GRAPH = Path(__file__).with_name("encoder.onnx")
Floats = NDArray[np.float32]
Run = Callable[[Floats], Floats]


def installed() -> bool:
    """Whether the package is there."""
    return find_spec("onnxruntime") is not None


def runner(weights: Mapping[str, Floats]) -> Run | None:
    """What takes the state of the pieces through all layers; None where the package or the graph is missing."""
    if not installed() or not GRAPH.exists():
        return None
    import onnxruntime

    package: Any = onnxruntime
    options: Any = package.SessionOptions()
    # With more threads, two busy cores make one message many times slower.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    kept = [package.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(each)) for each in weights.values()]
    options.add_external_initializers(list(weights), kept)
    session: Any = package.InferenceSession(GRAPH.read_bytes(), options, providers=["CPUExecutionProvider"])

    def run(state: Floats) -> Floats:
        told: Floats = session.run(None, {"state": state[None]})[0][0]
        return told

    return run
