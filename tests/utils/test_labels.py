import numpy as np
import pytest

from tfvis.models import spec_of
from tfvis.utils.errors import InputError
from tfvis.utils.labels import Labels


@pytest.fixture(scope="module")
def imagenet():
    return spec_of("googlenet").labels


def test_imagenet_has_its_thousand_classes_in_order(imagenet):
    assert len(imagenet) == 1000
    assert imagenet[0] == "tench"
    assert imagenet[999] == "toilet tissue"


@pytest.mark.parametrize(
    "name",
    [285, "285", np.int64(285), "n02124075", "Egyptian cat", "egyptian CAT", " Egyptian cat "],
)
def test_a_class_can_be_asked_for_in_many_ways(imagenet, name):
    assert imagenet.index(name) == 285


def test_any_synonym_works(imagenet):
    assert imagenet.index("alsatian") == imagenet.index("German shepherd") == 235


def test_case_decides_where_it_must(imagenet):
    assert imagenet.index("Cardigan") == 264
    assert imagenet.index("cardigan") == 474
    with pytest.raises(InputError, match="264.*474"):
        imagenet.index("CARDIGAN")


def test_the_first_synonym_of_one_class_wins_over_others_second(imagenet):
    assert "missile" in imagenet.synonyms[744]
    assert imagenet.index("missile") == imagenet.index("Missile") == 657


def test_eighteen_names_belong_to_several_classes(imagenet):
    shared = [name for name, classes in imagenet._by_name.items() if len(classes) > 1]
    assert len(shared) == 18
    refused = []
    for name in shared:
        try:
            imagenet.index(name)
        except InputError as error:
            refused.append(name)
            assert all(str(index) in str(error) for index in imagenet._by_name[name])
    first = [name for name in shared if list(imagenet).count(name) == 1]
    assert sorted(refused + first) == sorted(shared)
    assert {"crane", "maillot", "panda"} <= set(refused)


def test_an_unknown_name_offers_the_closest(imagenet):
    with pytest.raises(InputError, match=r"Unknown class 'egyptian catt'.*Egyptian cat"):
        imagenet.index("egyptian catt")


def test_a_word_offers_the_names_that_hold_it(imagenet):
    with pytest.raises(InputError, match="Unknown class 'cat'. Closest: .*tiger cat"):
        imagenet.index("cat")


@pytest.mark.parametrize(
    ("wrong", "right"), [("tiger catt", "tiger cat"), ("killer whle", "killer whale")]
)
def test_a_slip_offers_the_whole_name_before_its_words(imagenet, wrong, right):
    with pytest.raises(InputError, match=f"Closest: {right}"):
        imagenet.index(wrong)


def test_names_with_commas_between_are_not_one_name(imagenet):
    with pytest.raises(InputError, match="Its parts are class names themselves: give each on its"):
        imagenet.index("tiger cat, Egyptian cat")


def test_a_name_offers_the_words_of_it_that_are_names():
    labels = Labels([("elephant",), ("cat",), ("owl",)])
    with pytest.raises(InputError, match="Unknown class 'Egyptian cat'. Closest: cat. "):
        labels.index("Egyptian cat")


@pytest.mark.parametrize("index", [-1, 1000, "-1", "1000", 1.5])
def test_an_index_out_of_range_is_refused(imagenet, index):
    with pytest.raises(InputError, match="from 0 to 999"):
        imagenet.index(index)


def test_labels_without_names():
    assert list(Labels.numbered(2)) == ["class 0", "class 1"]


@pytest.fixture
def labels_of(tmp_path):
    """A function from a file's bytes to its labels."""

    def read(content):
        file = tmp_path / "labels.txt"
        file.write_bytes(content)
        return Labels.from_lines(file)

    return read


@pytest.mark.parametrize(
    "content",
    [
        b"zero, nil\none\n",
        b"\xef\xbb\xbfzero, nil\r\none\r\n",  # a byte-order mark, and line ends of Windows
        b"zero,nil,\none\n\n  \n",
    ],
)
def test_a_text_has_a_class_a_line(labels_of, content):
    labels = labels_of(content)
    assert labels.synonyms == (("zero", "nil"), ("one",))
    assert labels.index("zero") == labels.index("nil") == 0


@pytest.mark.parametrize("separator", [b" ", b"\t", b"  "])
def test_a_synset_file_is_known_by_its_first_line(labels_of, separator):
    lines = [separator.join(pair) for pair in [(b"n02123045", b"tabby, tabby cat"),
                                               (b"n02099601", b"golden retriever")]]  # fmt: skip
    labels = labels_of(b"\n".join(lines) + b"\n\n")
    assert list(labels) == ["tabby", "golden retriever"]
    assert labels.wnids == ("n02123045", "n02099601")
    assert [labels.index(name) for name in ("tabby cat", "n02099601")] == [0, 1]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"zero\n\ntwo\n", "Expected a class a line in .*labels.txt', found none in line 2"),
        (b"\n\n", "Expected a class a line in .*labels.txt', found none"),
        (b"n02123045 tabby\ncat\n", "names, such as 'n02123045 tabby, tabby cat', in line 2 of"),
        (b"zero\n,\n", "Expected a class a line in .*, found none in line 2"),
        (b"n02123045 tabby\nn02099601 ,\n", "names, such as .*, in line 2 of"),
    ],
)
def test_a_text_that_is_no_list_of_classes(labels_of, content, message):
    with pytest.raises(InputError, match=message):
        labels_of(content)


def test_only_line_ends_end_a_line(labels_of):
    assert list(labels_of("a\x0cb\nc\u2028d\n".encode())) == ["a\x0cb", "c\u2028d"]


def test_few_classes_are_listed_where_one_is_unknown(imagenet):
    with pytest.raises(InputError, match=r"from 0 to 2, or a class name: cat, dog, owl\."):
        Labels([("cat",), ("dog",), ("owl",)]).index("Egyptian mau")
    with pytest.raises(InputError, match=r"a WordNet id or a class name\.$"):
        imagenet.index("no such thing")
