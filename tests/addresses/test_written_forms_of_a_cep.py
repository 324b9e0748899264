import pytest

from webapp.platform.cep import format_cep, normalize_cep


@pytest.mark.parametrize(
    "written",
    [
        "01001-000",
        "01001000",
        "01.001-000",
        "01001 000",
        " 01001-000\n",
        "01001–000",
        "CEP 01001-000",
        "cep:01001000",
    ],
)
def test_every_written_form_is_one_code(written):
    assert normalize_cep(written) == "01001000"


@pytest.mark.parametrize("written", [1001000, 1001000.0, "1001000", "1001000.0", "1001-000"])
def test_a_spreadsheet_s_lost_zero_comes_back(written):
    assert normalize_cep(written) == "01001000"


@pytest.mark.parametrize("number", [89870000, 89870000.0])
def test_a_number_with_all_its_digits_is_a_code(number):
    assert normalize_cep(number) == "89870000"


@pytest.mark.parametrize(
    "text",
    [
        "01001000/../../admin",
        "../01001000",
        "01001000/json/?callback=x",
        "01001000#",
        "01001000%2f..",
        "01001000@evil.example",
        "http://127.0.0.1/01001000",
        "01001000\r\nHost: evil.example",
        "01001000\x00",
        "0100\u200b1000",
        "٠١٠٠١٠٠٠",
        "０１００１０００",
        "01001²00",
        "01001000 OR 1=1",
        "<script>01001000</script>",
        "0x01001000",
        "-1001000",
        "+01001000",
        "1e7",
        "1_001_000",
        "01001--000",
        "01001-0000",
        "123456",
        "123456789",
        "00999-999",
        "0100100",
        "00000000",
        "abc",
        "",
        "   ",
    ],
)
def test_anything_else_is_refused_not_cleaned(text):
    assert normalize_cep(text) is None


@pytest.mark.parametrize(
    "value", [None, True, [], {}, b"01001000", 1.5, float("nan"), float("inf"), 1e300, -1, 10**20]
)
def test_what_is_no_text_or_whole_number_is_refused(value):
    assert normalize_cep(value) is None


def test_people_read_it_with_a_hyphen():
    assert format_cep("01001000") == "01001-000"


def test_a_number_too_long_to_print_is_refused():
    assert normalize_cep(10**5000) is None
