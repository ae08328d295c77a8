from tongshi.shelf.picture import Picture, PictureQuery, Taken


def test_a_query_for_everything_is_the_default() -> None:
    assert PictureQuery() == PictureQuery("", "", "", None, None, 1, 50)


def test_a_picture_is_what_was_taken_and_its_file() -> None:
    taken = Taken("d", "c", "gate", "upload", "s", "n", None, 1.0, 640, 480, 1, "patrol")
    assert Picture(7, taken, 3, "00").taken.width == 640
