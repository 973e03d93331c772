"""Which checkpoints a loaded backbone and a worker's windows can score with."""

from spear_stream.core.errors import CheckpointError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.backbone import Backbone, BackboneInfo
from spear_stream.model.checkpoint import BackboneIdentity, Manifest


def check_fit(backbone: Backbone, spec: WindowSpec, manifest: Manifest) -> None:
    """spec: of the windows that are scored. Raises CheckpointError."""
    loaded, wanted = backbone.info, manifest.backbone
    fits = (wanted.digest, wanted.layers, manifest.shape.hidden, wanted.causal)
    if fits != (loaded.digest, loaded.layers, loaded.hidden_size, loaded.causal):
        raise CheckpointError(
            f"checkpoint {manifest.id} was tuned on backbone {wanted.name} "
            f"({_named(wanted, manifest.shape.hidden)}), loaded is {loaded.name} "
            f"({_named(loaded, loaded.hidden_size)}): set "
            "SPEAR_MODEL__BACKBONE to the one it was tuned on, or train a checkpoint for this one (its "
            "layers, and whether it is causal, are those of SPEAR_MODEL__CHECKPOINT)"
        )
    if manifest.spec != spec:
        raise CheckpointError(
            f"checkpoint {manifest.id} has another window than the worker's, {manifest.spec} instead of "
            f"{spec}: checkpoints of one worker must share the WindowSpec"
        )
    check_positions(loaded, spec, manifest.shape.prompts)


def check_positions(backbone: BackboneInfo, spec: WindowSpec, prompts: int) -> None:
    """Raises CheckpointError where a window and the prompt are more positions than the backbone can read."""
    wanted, most = spec.patches + prompts, backbone.positions
    if most is not None and wanted > most:
        raise CheckpointError(
            f"{backbone.name} reads {most} positions, {spec.length} points in patches of {spec.patch} and "
            f"{prompts} prompts are {wanted}: set a smaller length or a larger patch in [window], or fewer "
            "prompts in [shape], and train a checkpoint with them"
        )


def _named(backbone: BackboneIdentity | BackboneInfo, hidden: int) -> str:
    causal = "causal, " if backbone.causal else ""
    return f"{backbone.layers} layers of {hidden}, {causal}{backbone.digest[:12]}"
