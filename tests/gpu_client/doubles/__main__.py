"""Run one double."""

import sys
from pathlib import Path

from tests.gpu_client.doubles.comfyui import ComfyUI
from tests.gpu_client.doubles.hosted import Fal, Replicate
from tests.gpu_client.doubles.house import serve
from tests.gpu_client.doubles.videos import FastVideo, SGLang, VllmOmni

KINDS = {"vllm-omni": VllmOmni, "sglang": SGLang, "fastvideo": FastVideo}
KINDS |= {"comfyui": ComfyUI, "replicate": Replicate, "fal": Fal}  # type: ignore[dict-item] # all are handlers

if __name__ == "__main__":
    serve(KINDS[sys.argv[1]], Path(sys.argv[2]))
