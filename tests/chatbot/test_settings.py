"""Settings come from flags, the environment, two files and defaults, and keys go where they were meant to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.doctor import configured
from chatbot.errors import SettingsError
from chatbot.settings import NAMES, Settings, load

EVIL = 'base_url = "https://evil.example/v1"\n'


class Machine:
    """A working directory and a home; a chatbot.toml that was given to either stays there."""

    def __init__(self, folder: Path) -> None:
        self.here, self.home = folder / "here", folder / "home"
        self.here.mkdir()
        self.home.mkdir()

    def load(
        self, flags: dict[str, object] | None = None, env: dict[str, str] | None = None, **files: str
    ) -> Settings:
        for name, text in files.items():
            (getattr(self, name) / "chatbot.toml").write_text(text)
        return load(flags or {}, {"CHATBOT_HOME": str(self.home), **(env or {})}, self.here)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_without_anything_all_is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = load({}, {}, tmp_path)
    assert (settings.base_url, settings.api_key, settings.papers) == (None, None, 8)
    assert settings.home.name == "chatbot"
    assert settings.cache == settings.home / "models"
    assert set(settings.origins) == set(NAMES)
    assert set(settings.origins.values()) == {"default"}


def test_flags_beat_the_environment_which_beats_the_file_here_which_beats_the_one_at_home(
    machine: Machine,
) -> None:
    def model(**given: object) -> tuple[str | None, str]:
        settings = machine.load(**given)  # type: ignore[arg-type]
        return settings.model, settings.origins["model"]

    assert model(home='model = "a"') == ("a", str(machine.home / "chatbot.toml"))
    assert model(here='model = "b"') == ("b", str(machine.here / "chatbot.toml"))
    assert model(env={"OPENAI_MODEL": "c"}) == ("c", "OPENAI_MODEL")
    assert model(env={"OPENAI_MODEL": "c", "CHATBOT_MODEL": "d"}) == ("d", "CHATBOT_MODEL")
    assert model(env={"CHATBOT_MODEL": "d"}, flags={"model": "e"}) == ("e", "--model")
    assert model(env={"CHATBOT_MODEL": "d"}, flags={"model": None}) == ("d", "CHATBOT_MODEL")
    assert model(env={"CHATBOT_MODEL": "  "}) == ("b", str(machine.here / "chatbot.toml"))


def test_every_setting_can_be_a_variable(machine: Machine) -> None:
    given = {
        "home": "/h",
        "cache": "/c",
        "collection": "c",
        "packing": "whole",
        "verifier": "fast",
        "policy": "strict",
        "style": "table",
        "answer_language": "german",
        "thinking": "on",
        "thinking_style": "vllm",
        "guard": "strict",
        "guard_on_error": "open",
        "embedding_path": "/e",
        "rerank_depth": "60",
        "chroma_headers": "Authorization: Bearer x",
        "save_sessions": "off",
    }
    for name in NAMES:
        value = given.get(name, "http://localhost:1/v1" if "url" in name else "600")
        settings = machine.load(
            env={f"CHATBOT_{name.upper()}": value, "CHATBOT_BASE_URL": "http://localhost:1"}
        )
        if name not in (
            "embedding_api_key",
            "nli_api_key",
            "rerank_api_key",
            "guard_api_key",
            "chroma_token",
            "chroma_headers",
        ):  # their addresses are not set here
            assert settings.origins[name] == f"CHATBOT_{name.upper()}"


@pytest.mark.parametrize(
    ("given", "meant"), [("off", False), ("No", False), ("0", False), ("on", True), (" ", True)]
)
def test_saving_can_be_switched_off(machine: Machine, given: str, meant: bool) -> None:
    assert machine.load(env={"CHATBOT_SAVE_SESSIONS": given}).save_sessions is meant
    assert machine.load(here="save_sessions = false").save_sessions is False
    with pytest.raises(SettingsError, match="true or false"):
        machine.load(env={"CHATBOT_SAVE_SESSIONS": "perhaps"})


def test_an_instruction_can_be_switched_off_in_a_file_and_where_nothing_can_be_empty(
    machine: Machine,
) -> None:
    assert machine.load().embedding_query_instruction is None
    assert machine.load(here='embedding_query_instruction = ""').embedding_query_instruction == ""
    env = {"CHATBOT_EMBEDDING_QUERY_INSTRUCTION": "none"}
    assert machine.load(env=env).embedding_query_instruction == ""


def test_paths_are_relative_to_where_they_are_written(machine: Machine) -> None:
    assert machine.load(home='embedding_path = "m"').embedding_path == machine.home / "m"
    assert machine.load(env={"CHATBOT_EMBEDDING_PATH": "m"}).embedding_path == machine.here / "m"
    assert machine.load(flags={"home": Path("~/kept")}).home == Path.home() / "kept"


class TestAChromaServersSecrets:
    URL = 'chroma_url = "https://chroma.example"\n'

    def test_headers_are_lines_or_a_table_and_shown_nowhere(self, machine: Machine) -> None:
        lines = "Authorization: Bearer s3cr3t\n\nX-Id:  7:8 "
        settings = machine.load(env={"CHATBOT_CHROMA_HEADERS": lines}, home=self.URL)
        assert settings.chroma_headers == (("Authorization", "Bearer s3cr3t"), ("X-Id", "7:8"))
        assert "s3cr3t" not in repr(settings)
        table = f'{self.URL}chroma_token = "ck-s3cr3t"\nchroma_headers = {{Authorization = "Bearer s3cr3t"}}'
        settings = machine.load(home=table)
        assert settings.chroma_headers == (("Authorization", "Bearer s3cr3t"),)
        assert (settings.chroma_token, "s3cr3t" in repr(settings)) == ("ck-s3cr3t", False)
        assert "s3cr3t" not in str(configured(settings))

    @pytest.mark.parametrize("wrong", ["s3cr3t", "Bad Name: s3cr3t", "Name:", ": s3cr3t", "Name: s3cr3té"])
    def test_what_is_no_header_is_refused_without_showing_it(self, machine: Machine, wrong: str) -> None:
        with pytest.raises(SettingsError, match="Authorization: Bearer KEY") as caught:
            machine.load(env={"CHATBOT_CHROMA_HEADERS": wrong}, home=self.URL)
        assert "s3cr3t" not in str(caught.value)

    @pytest.mark.parametrize("name", ["chroma_token", "chroma_headers"])
    def test_they_never_go_to_an_address_from_the_working_directory(
        self, machine: Machine, name: str
    ) -> None:
        env = {f"CHATBOT_{name.upper()}": "Authorization:s3cr3t"}
        settings = machine.load(env=env, here=self.URL)
        assert settings.chroma_url == "https://chroma.example"
        assert not getattr(settings, name)
        assert "may not be yours" in settings.notes[0]


class TestKeys:
    def test_a_key_alone_configures_nothing_and_says_so(self, machine: Machine) -> None:
        settings = machine.load(env={"OPENAI_API_KEY": "sk-1"})
        assert (settings.base_url, settings.api_key) == (None, None)
        assert "OPENAI_API_KEY is set but not used" in settings.notes[0]

    @pytest.mark.parametrize("key", ["OPENAI_API_KEY", "CHATBOT_API_KEY"])
    def test_a_key_goes_to_an_address_of_ones_own(self, machine: Machine, key: str) -> None:
        env = {key: "sk-1"}
        url = "https://api.example/v1"
        assert machine.load(env={**env, "OPENAI_BASE_URL": url}).api_key == "sk-1"
        assert machine.load(env=env, flags={"base_url": url}).api_key == "sk-1"
        assert machine.load(env=env, home=f'base_url = "{url}"').api_key == "sk-1"

    @pytest.mark.parametrize("key", ["OPENAI_API_KEY", "CHATBOT_API_KEY"])
    def test_a_key_never_goes_to_an_address_from_the_working_directory(
        self, machine: Machine, key: str
    ) -> None:
        settings = machine.load(env={key: "sk-1"}, here=EVIL)
        assert (settings.base_url, settings.api_key) == ("https://evil.example/v1", None)
        assert "may not be yours" in settings.notes[0]
        assert machine.load(flags={"api_key": "sk-1"}, here=EVIL).api_key is None
        assert machine.load(home='api_key = "sk-1"', here=EVIL).api_key is None

    def test_the_key_in_the_same_file_is_the_right_one_for_its_address(self, machine: Machine) -> None:
        settings = machine.load(env={"OPENAI_API_KEY": "sk-1"}, here=EVIL + 'api_key = "sk-file"')
        assert settings.api_key == "sk-file"
        assert settings.origins["api_key"].endswith("chatbot.toml")

    def test_an_address_on_this_machine_gets_the_key(self, machine: Machine) -> None:
        here = 'base_url = "http://127.0.0.1:8080/v1"'
        assert machine.load(env={"CHATBOT_API_KEY": "sk-1"}, here=here).api_key == "sk-1"

    @pytest.mark.parametrize(
        "host", ["localhost.evil.example", "127.0.0.1@evil.example", "127.0.0.1.evil.example"]
    )
    def test_only_this_machine_counts_as_this_machine(self, machine: Machine, host: str) -> None:
        here = f'base_url = "http://{host}/v1"'
        assert machine.load(env={"CHATBOT_API_KEY": "sk-1"}, here=here).api_key is None

    def test_the_embeddings_key_is_guarded_alike(self, machine: Machine) -> None:
        env = {"CHATBOT_EMBEDDING_API_KEY": "sk-1"}
        assert machine.load(env=env, here=f"embedding_{EVIL}").embedding_api_key is None
        url = {"CHATBOT_EMBEDDING_BASE_URL": "https://mine.example/v1"}
        assert machine.load(env=env | url).embedding_api_key == "sk-1"

    def test_a_home_that_is_the_working_directory_is_trusted(self, machine: Machine) -> None:
        machine.here = machine.home
        assert machine.load(env={"CHATBOT_API_KEY": "sk-1"}, home=EVIL).api_key == "sk-1"

    def test_a_file_can_not_say_which_file_to_trust(self, machine: Machine) -> None:
        with pytest.raises(SettingsError, match="CHATBOT_HOME"):
            machine.load(here='home = "/tmp"')

    def test_no_repr_shows_a_key(self, machine: Machine) -> None:
        settings = machine.load(env={"CHATBOT_API_KEY": "sk-1", "CHATBOT_BASE_URL": "http://localhost:1/v1"})
        assert settings.api_key == "sk-1"
        assert "sk-1" not in f"{settings!r} {settings} {settings.origins} {settings.notes}"


class TestErrors:
    @pytest.mark.parametrize(
        ("name", "value", "says"),
        [
            ("papers", "many", "a whole number from 1 to 1,000"),
            ("papers", "0", "a whole number"),
            ("papers", "1e2", "a whole number"),
            ("timeout", "nan", "a number"),
            ("timeout", "-1", "a number"),
            ("base_url", "localhost:8080", "an address"),
            ("base_url", "http://", "an address"),
            ("base_url", "http://x:99999999/v1", "an address"),
            ("packing", "half", "one of auto, packed, whole"),
            ("collection", "../up", "letters"),
            ("collection", "a/b", "letters"),
            ("api_key", "two words", "a key"),
            ("home", "~nobody-of-that-name/x", "a path"),
        ],
    )
    def test_a_wrong_variable_is_named_with_its_value_and_what_is_right(
        self, machine: Machine, name: str, value: str, says: str
    ) -> None:
        with pytest.raises(SettingsError, match=says) as caught:
            machine.load(env={"CHATBOT_BASE_URL": "http://localhost", f"CHATBOT_{name.upper()}": value})
        assert f"CHATBOT_{name.upper()}" in str(caught.value)
        assert (value in str(caught.value)) == (name != "api_key")

    @pytest.mark.parametrize("text", ["papers = true", "papers = 1.5", "papers = [1]", "model = 3"])
    def test_a_wrong_type_in_a_file_is_named(self, machine: Machine, text: str) -> None:
        with pytest.raises(SettingsError, match=r"chatbot\.toml: (papers|model) can't be"):
            machine.load(here=text)

    def test_an_unknown_name_in_a_file_gets_the_nearest(self, machine: Machine) -> None:
        with pytest.raises(SettingsError, match="Did you mean base_url"):
            machine.load(here='base_ulr = "http://localhost"')

    def test_a_misspelt_variable_is_noted(self, machine: Machine) -> None:
        settings = machine.load(env={"CHATBOT_BASE_ULR": "x", "CHATBOT_DATA": "y"})
        assert settings.notes == ("CHATBOT_BASE_ULR is no setting. Did you mean CHATBOT_BASE_URL?",)

    @pytest.mark.parametrize("data", [b"model = ", b"\xff\xfe", b"\x00", b"a = [" * 5000, b"[local]\nx = 1"])
    def test_a_broken_file_is_named(self, machine: Machine, data: bytes) -> None:
        (machine.here / "chatbot.toml").write_bytes(data)
        with pytest.raises(SettingsError, match=r"here/chatbot\.toml"):
            machine.load()

    def test_a_file_with_a_byte_order_mark_is_read(self, machine: Machine) -> None:
        (machine.here / "chatbot.toml").write_bytes(b'\xef\xbb\xbfmodel = "m"')
        assert machine.load().model == "m"

    def test_a_folder_in_the_files_place_is_told(self, machine: Machine) -> None:
        (machine.here / "chatbot.toml").mkdir()
        with pytest.raises(SettingsError, match="can't be read"):
            machine.load()


@given(st.sampled_from([name for name in NAMES if name != "home"]), st.text(max_size=20))
def test_any_text_is_a_setting_or_an_error_of_ours(name: str, value: str) -> None:
    try:
        load({name: value}, {"CHATBOT_HOME": "/nowhere"}, Path("/nowhere"))
    except SettingsError as error:
        message = str(error)
    else:
        return
    assert f"--{name.replace('_', '-')}" in message


def test_where_there_is_no_home_directory_chatbot_home_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def homeless(*args: object, **options: object) -> None:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_data_dir", homeless)
    with pytest.raises(SettingsError, match="CHATBOT_HOME"):
        load({}, {}, tmp_path)
    assert load({}, {"CHATBOT_HOME": str(tmp_path)}, tmp_path).home == tmp_path
