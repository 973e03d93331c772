"""Every prompt that can be asked for can be made, saved and loaded, or is refused where it is asked for."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from spear_stream.core.errors import ConfigError
from spear_stream.core.spec import WindowSpec
from spear_stream.model.checkpoint import BackboneIdentity, load_checkpoint
from spear_stream.model.derived import DERIVED_CHANNELS
from spear_stream.model.prompt import PromptShape, SoftPrompt
from spear_stream.model.saving import save_checkpoint

NONE = BackboneIdentity("none", "", 0)
FEW = st.integers(0, 3)


@given(
    prompts=FEW, rank=st.integers(1, 4), skip=FEW, hidden=st.integers(1, 3), deep=FEW, gains=FEW,
    window_head=st.booleans(), derived=st.sampled_from([(), DERIVED_CHANNELS]),
    length=st.sampled_from([8, 64]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_what_is_accepted_comes_back(length: int, **sizes: int | bool | tuple[str, ...]) -> None:
    try:
        shape = PromptShape(**sizes)  # type: ignore[arg-type]  # drawn as each field needs it
        prompt = SoftPrompt(WindowSpec(length=length, min_points=8), shape)
    except ConfigError:
        return
    with TemporaryDirectory() as folder:
        written = save_checkpoint(
            Path(folder), prompt, name="any", backbone=NONE, command="", seed=0, steps=1, trained_on=[]
        )
        assert load_checkpoint(Path(folder)).manifest == written
