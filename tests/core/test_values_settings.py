"""Serialization settings and images."""

import copy
import pickle
import sys
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fletching.errors import ConfigError, ImageError
from fletching.resources import Resources, ResourceSpec
from fletching.settings import FastSerializationSettings, Image, ImageConfig, SerializationSettings, resolve_image

DIGEST = "sha256:" + "0" * 64

FROM_FLYTEKIT = (
    "H4sIAAAAAAAC/6VQzU7DMAx+lSlnpAh2243nQKhKG7cY0iQkTrQx8e7YrqoNceQSxd+fPvtqcHULDFOKMy7mdLgaD7NrgQYlFIlulc/OmIeDmT+jIM6OMpET"
    "q3mUv8cFKvEYWwjfDGhOZeDln0k3+/nOOFl/Z3z6a3yVErmkd5gEM1klaXWofnV3KBWTzl1miF03fxZkNJKwn6VATa1MupHkM7WgwDndkHyhtxQHjAQlF+BXgmzK"
    "ZDtn2xGj3TRHXSVcCD44pWOh5gJLhpIS/TKp0FUaKhR0Ab8ccWWeiDAuVftCdGMAz38qDbR1ZXZTetxa+O1GlQqOTZmQJpUIXY8na8+68rbo3kSP+QNuY5DFMAIA"
    "AA=="
)
"""`serialized_context` of flytekit 1.16.31."""


def theirs() -> SerializationSettings:
    return SerializationSettings(
        ImageConfig.from_images("a/b:1", {"x": "c/d:2"}),
        "p",
        "d",
        "v",
        {"A": "b"},
        fast_serialization_settings=FastSerializationSettings(True, "/d", "s3://x"),
    )


def test_flytekits_settings_are_read() -> None:
    assert SerializationSettings.from_transport(FROM_FLYTEKIT) == theirs()


def test_settings_carry_themselves() -> None:
    settings = theirs()
    carried = settings.with_serialized_context()
    assert settings.env == {"A": "b"}
    assert carried.env is not None
    assert list(carried.env) == ["A", "_F_SS_C"]
    assert SerializationSettings.from_transport(carried.env["_F_SS_C"]) == settings
    assert carried.with_serialized_context() is carried
    assert settings.serialized_context == theirs().serialized_context
    assert settings.should_fast_serialize()
    assert not SerializationSettings.for_image("a/b:1", "v").should_fast_serialize()
    for wrong in ("!", "aGk=", settings.serialized_context[:-8]):
        with pytest.raises(ConfigError, match=r"^serialized settings cannot be read: "):
            SerializationSettings.from_transport(wrong)


def test_settings_for_one_image() -> None:
    settings = SerializationSettings.for_image("a/b:1", "v", "p", "d", "/usr/bin/python3")
    assert resolve_image(None, settings.image_config) == "a/b:1"
    assert settings.flytekit_virtualenv_root == "/usr"
    assert (settings.project, settings.domain, settings.version) == ("p", "d", "v")
    assert SerializationSettings(None).flytekit_virtualenv_root == "/opt/venv"


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"image_config": "a/b:1"}, "SerializationSettings: image_config is 'a/b:1', expected an ImageConfig"),
        ({"project": 1}, "SerializationSettings: project is 1, expected a str or None"),
        ({"env": {"A": 1}}, "SerializationSettings: env['A'] is 1, expected a str"),
        ({"python_interpreter": ""}, "SerializationSettings: python_interpreter is '', expected a non-empty str"),
        (
            {"fast_serialization_settings": True},
            "SerializationSettings: fast_serialization_settings is True, expected a FastSerializationSettings or None",
        ),
        (
            {"default_resources": 1},
            "SerializationSettings: default_resources is 1, expected a Resources, a ResourceSpec or None",
        ),
    ],
)
def test_every_field_is_checked(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SerializationSettings(**{"image_config": None, **options})
    assert str(caught.value) == text


def test_fast_settings_are_checked() -> None:
    with pytest.raises(ConfigError, match=r"^FastSerializationSettings: enabled is 1, expected True or False$"):
        FastSerializationSettings(1)  # type: ignore[arg-type]


# --- images ---


@pytest.mark.parametrize(
    ("reference", "fqn", "tag", "digest"),
    [
        ("a/b:1", "a/b", "1", None),
        ("b:1", "b", "1", None),
        ("host:5000/b:1", "host:5000/b", "1", None),
        (f"a/b@{DIGEST}", "a/b", None, DIGEST),
        (f"a/b:1@{DIGEST}", "a/b:1", None, DIGEST),
    ],
)
def test_references_are_taken_apart(reference: str, fqn: str, tag: str, digest: str) -> None:
    image = Image.look_up_image_info("x", reference)
    assert image == Image("x", fqn, tag, digest)
    assert image.full == reference
    assert image.version == tag or digest


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: Image.look_up_image_info("x", "host:5000/b"),
            "image 'x' is 'host:5000/b', which has neither tag nor digest; add ':TAG'",
        ),
        (
            lambda: Image.look_up_image_info("x", "a b"),
            "image 'x' is 'a b', expected a reference like 'registry/repository:tag'",
        ),
        (lambda: Image("", "a/b"), "Image: name is '', expected a non-empty str"),
        (
            lambda: Image("x", "a/b", "1", DIGEST),
            f"Image: digest is {DIGEST!r}, expected None because tag is given; an image has one or the other",
        ),
        (lambda: ImageConfig("a/b:1"), "ImageConfig: default_image is 'a/b:1', expected an Image or None"),  # type: ignore[arg-type]
        (lambda: ImageConfig(None, ["a/b"]), "ImageConfig: images is 'a/b', expected a list of Image"),  # type: ignore[list-item]
        (
            lambda: ImageConfig.auto("config.yaml"),
            "ImageConfig.auto: config_file is 'config.yaml', expected None; give images with from_images",
        ),
    ],
)
def test_impossible_images_are_refused(make: Any, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == text


def test_the_default_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLYTE_INTERNAL_IMAGE", raising=False)
    image = ImageConfig.auto().default_image
    assert image is not None
    assert image.fqn == "localhost/fletching"
    assert image.tag is not None
    assert image.tag.startswith(f"py{sys.version_info.major}.{sys.version_info.minor}-")
    monkeypatch.setenv("FLYTE_INTERNAL_IMAGE", "a/b:9")
    assert resolve_image(None, ImageConfig.auto_default_image()) == "a/b:9"
    assert resolve_image("", ImageConfig.auto(img_name="c/d")) == "c/d"


CONFIG = ImageConfig.create_from(
    Image("default", "a/b", "t"),
    [Image("x", "c/d", "u"), Image("bare", "e/f"), Image("dig-est", "g/h", None, DIGEST)],
)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        # What flytekit 1.16.31 makes of the same strings.
        ("{{.image.x.fqn}}:{{.image.x.version}}", "c/d:u"),
        ("{{.image.x}}", "c/d:u"),
        ("{{ .images.x }}-more", "c/d:u-more"),
        ("{{.image.bare.fqn}}:{{.image.bare.version}}", "e/f:t"),
        ("{{.image.dig-est.fqn}}:{{.image.dig-est.version}}", f"g/h@{DIGEST}"),
        ("{{.image.dig-est}}", f"g/h@{DIGEST}"),
        ("{{.image.default.fqn}}:{{.image.default.version}}-foo", "a/b:t-foo"),
        ("{{.image.x", "{{.image.x"),
        ("plain/image:1", "plain/image:1"),
        (None, "a/b:t"),
        # What it cannot do, or does wrongly.
        ("{{.IMAGE.x.FQN}}", "c/d"),
        ("{{.image.bare}}", "e/f:t"),
    ],
)
def test_placeholders_are_filled_in(text: str | None, image: str) -> None:
    assert resolve_image(text, CONFIG) == image


def test_placeholders_that_cannot_be_filled_in() -> None:
    for text, message in (
        (
            "{{.image.y}}",
            (
                "{{.image.y}} names the unknown image 'y'; configured: 'default', 'x', 'bare', 'dig-est'; others are"
                " named on the command line, --image y=IMAGE, or in the image_config of the settings"
            ),
        ),
        (
            "{{.image.bar.fqn}}",
            (
                "{{.image.bar.fqn}} names the unknown image 'bar'; did you mean 'bare'?;"
                " configured: 'default', 'x', 'bare', 'dig-est'; others are named on the command line,"
                " --image bar=IMAGE, or in the image_config of the settings"
            ),
        ),
        ("{{.image.x.foo}}", "{{.image.x.foo}} asks for 'foo' of an image, expected fqn or version"),
    ):
        with pytest.raises(AssertionError) as caught:
            resolve_image(text, CONFIG)
        assert str(caught.value) == message
        assert isinstance(caught.value, ImageError)
    with pytest.raises(ImageError, match=r"asks for the version of 'e/f', which has none$"):
        resolve_image("{{.image.bare.version}}", ImageConfig(images=[Image("bare", "e/f")]))
    with pytest.raises(ImageError, match=r"configured: none; others are named on the command line, --image bare=IMAGE"):
        resolve_image("{{.image.bare.version}}", None)
    assert resolve_image("{{.image.default.fqn}}", ImageConfig(Image("default", "a/b", "t"))) == "a/b"


def test_without_a_default_an_image_is_required() -> None:
    with pytest.raises(ValueError) as caught:
        resolve_image(None, ImageConfig())
    assert str(caught.value) == (
        "an image is required: give the task container_image=..., or the settings a default image"
    )


def test_an_object_may_know_its_image() -> None:
    class Spec:
        def image_name(self) -> str:
            return "built:1"

    assert resolve_image(Spec(), CONFIG) == "built:1"
    with pytest.raises(ConfigError, match=r"^container_image is 1, expected a str or an object with image_name\(\)$"):
        resolve_image(1, CONFIG)


words = st.text(min_size=1, max_size=5)
images = st.builds(Image, words, words, st.none() | words) | st.builds(Image, words, words, st.none(), words)
configs = st.builds(ImageConfig, st.none() | images, st.none() | st.lists(images, max_size=3))
optional = st.none() | words
spec = ResourceSpec.from_multiple_resource(Resources(cpu=("1", "2"), mem="1Gi"))
settings = st.builds(
    SerializationSettings,
    configs,
    optional,
    optional,
    optional,
    st.none() | st.dictionaries(words, words, max_size=3),
    optional,
    words,
    optional,
    st.none() | st.builds(FastSerializationSettings, st.booleans(), optional, optional),
    optional,
    st.sampled_from([None, Resources(cpu=1), spec]),
)


@hypothesis.settings(deadline=None)
@given(settings)
def test_law_settings_survive_their_text(value: SerializationSettings) -> None:
    assert SerializationSettings.from_transport(value.serialized_context) == value
    assert SerializationSettings.from_dict(value.to_dict()) == value
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert hash(copy.copy(value)) == hash(value)


def test_an_image_without_version_is_also_the_error_that_callers_of_the_flyte_sdk_expect() -> None:
    with pytest.raises(AssertionError):
        Image.look_up_image_info("x", "docker.io/xyz")
