"""A folder to a checkpoint that workers will take."""

from spear_stream.core.control import Artefact
from spear_stream.core.errors import CheckpointError
from spear_stream.core.roles import CheckpointRef
from spear_stream.model.checkpoint import (
    MANIFEST,
    TENSORS,
    Manifest,
    load_checkpoint,
    load_manifest,
)
from spear_stream.model.packaged import checkpoint_folder
from spear_stream.ops.settings import Settings
from spear_stream.wiring.prompts import Publishable, now


def publishable(name: str, settings: Settings) -> Publishable:
    """Of a folder or `default`; verified, and for the backbone and window of these settings.

    Raises CheckpointError.
    """
    folder = checkpoint_folder(name)
    manifest = load_checkpoint(folder).manifest
    base = load_manifest(checkpoint_folder(settings.model.checkpoint))
    if _needs(manifest) != _needs(base):
        raise CheckpointError(
            f"{folder} is of another backbone or window than SPEAR_MODEL__CHECKPOINT ({base.id}), so "
            f"workers with these settings would refuse it: {_named(manifest)} instead of {_named(base)}; "
            "train one that fits, or give the SPEAR_MODEL__CHECKPOINT of the workers"
        )
    artefact = Artefact((folder / MANIFEST).read_bytes(), (folder / TENSORS).read_bytes())
    return Publishable(CheckpointRef(artefact.digest, manifest.id, now()), artefact)


def _needs(manifest: Manifest) -> tuple[object, ...]:
    backbone = manifest.backbone
    return backbone.digest, backbone.layers, backbone.causal, manifest.spec


def _named(manifest: Manifest) -> str:
    backbone, spec = manifest.backbone, manifest.spec
    causal = "causal, " if backbone.causal else ""
    return (
        f"{backbone.name} ({backbone.layers} layers, {causal}{backbone.digest[:12]}) with windows of "
        f"{spec.length} points in patches of {spec.patch}, {spec.bins} bins"
    )
