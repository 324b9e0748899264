import pytest

from webapp.addresses.number_range import covers, house_number, without_range


@pytest.mark.parametrize(
    ("complement", "inside", "outside"),
    [
        ("lado ímpar", [1, 999], [2]),
        ("lado par", [2, 1000], [1]),
        ("até 529 - lado ímpar", [1, 529], [531, 2, 528]),
        ("de 1367 a 2255 - lado ímpar", [1367, 2001, 2255], [1365, 2257, 2000]),
        ("de 1552 ao fim - lado par", [1552, 99998], [1550, 1553]),
        ("até 214/215", [1, 214, 215], [216, 217]),
        ("até 498/499", [498, 499], [500, 501]),
        ("de 981/982 ao fim", [981, 982, 5000], [979, 980]),
        ("de 1/2 a 99998/99999", [1, 2, 99998, 99999], [100000, 100001]),
        ("458", [458], [457, 4580]),
        ("", [1, 99999], []),
        ("(Lot P Alves)", [7], []),
        ("Cj Maguari", [7], []),
    ],
)
def test_ranges_of_the_correios(complement, inside, outside):
    assert [n for n in inside if not covers(complement, n)] == []
    assert [n for n in outside if covers(complement, n)] == []


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1020", 1020),
        ("100-B", 100),
        ("12 fundos", 12),
        ("nº 12", 12),
        ("S/N", None),
        ("Km 5", None),
        ("", None),
        ("Lote 7", None),
    ],
)
def test_the_house_number_in_what_was_typed(written, number):
    assert house_number(written) == number


@pytest.mark.parametrize(
    ("written", "street", "numbers"),
    [
        (
            "Avenida Paulista - de 612 a 1510 - lado par",
            "Avenida Paulista",
            "de 612 a 1510 - lado par",
        ),
        ("Rua Augusta - lado par", "Rua Augusta", "lado par"),
        ("Rua Augusta - até 1048/1049", "Rua Augusta", "até 1048/1049"),
        ("Rua Augusta - de 3252 ao fim", "Rua Augusta", "de 3252 ao fim"),
        ("Quadra 1 - Bloco B - até 10 - lado ímpar", "Quadra 1 - Bloco B", "até 10 - lado ímpar"),
        ("Rua A - Jardim de 2 Irmãos", "Rua A - Jardim de 2 Irmãos", ""),
        ("Rua Caiubi", "Rua Caiubi", ""),
        ("", "", ""),
    ],
)
def test_side_and_range_behind_a_street_are_not_its_name(written, street, numbers):
    assert without_range(written) == (street, numbers)
