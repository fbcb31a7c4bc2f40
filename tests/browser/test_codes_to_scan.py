"""Codes as cameras meet them: drawn by the phone without a network, and printed small, seen badly."""

import io
import re

import pytest
from PIL import Image, ImageFilter
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from tests.browser.conftest import serving, sign_in
from tests.qr_readers import drawn, zbar, zxing
from volunteer_app.assets import Assets
from volunteer_app.domain.short_links import guide_path, scanned
from volunteer_app.i18n import LANGUAGES
from volunteer_app.pages.guides.packs import all_guides

MASK_OF_THE_PHONE = 2
DPI, CENTIMETRES = 150, 3
PIXELS = round(CENTIMETRES / 2.54 * DPI)


@pytest.fixture(scope="module")
def phone_draws(chromium, server):
    """What `static/js/qr.js` makes of each: `phone_draws("drawQr(e).outerHTML", addresses)`."""
    page = chromium.new_page()
    page.goto(f"{server.origin}/vi/huong-dan")
    module = Assets().address("js/qr.js")

    def run(call, examples):
        return page.evaluate(
            f"async (examples) => {{ const m = await import('{module}'); return examples.map((e) => m.{call}) }}",
            examples,
        )

    yield run
    page.close()


@pytest.fixture(scope="module")
def handovers(server):
    """The address of every step of every guide, in every language."""
    return [
        scanned(server.origin, guide_path(guide.number, step, language))
        for guide in all_guides()
        for language in LANGUAGES
        for step in range(1, len(guide.steps) + 1)
    ]


def squares_of_the_library(text, size):
    code = QRCode((size - 17) // 4, ERROR_CORRECT_M, border=0, mask_pattern=MASK_OF_THE_PHONE)
    code.add_data(text, optimize=0)
    code.make(fit=False)
    return code.get_matrix()


def test_g11_every_hand_over_is_read_from_the_phones_own_drawing(phone_draws, handovers, tmp_path):
    pictures = [drawn(svg) for svg in phone_draws("drawQr(e).outerHTML", handovers)]

    assert len(pictures) > 500
    assert [zxing(picture) for picture in pictures] == [[address] for address in handovers]
    assert zbar(pictures, tmp_path) == handovers


@pytest.mark.parametrize("letters", [1, 2, 37, 38, 39, 60, 61])
def test_the_phone_draws_square_for_square_what_the_library_draws(phone_draws, letters):
    text = ("HTTPS://TUNGNHA.VN/G/3/12/EN $%*+-.0123456789" * 2)[:letters]

    (squares,) = phone_draws("squaresOf(e)", [text])

    assert squares == squares_of_the_library(text, len(squares))


def test_the_phone_names_the_address_as_the_server_does(phone_draws, server):
    (address,) = phone_draws("handoverAddress(...e)", [[3, 7, "en"]])

    assert address == scanned(server.origin, guide_path(3, 7, "en"))


@pytest.mark.parametrize("text", ["A" * 62, "small letters"])
def test_the_phone_refuses_what_does_not_fit(phone_draws, text):
    said = phone_draws(
        "squaresOf && (() => { try { m.squaresOf(e) } catch (error) { return error.name } })()", [text]
    )

    assert said == ["RangeError"]


def seen_badly(image, *, degrees, tilt, blur):
    """The picture as a cheap camera sees it: turned, from the side, out of focus, in grey light."""
    wide = Image.new("L", (image.width * 2, image.height * 2), 205)
    wide.paste(image, (image.width // 2, image.height // 2))
    turned = wide.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=205)
    w, h = turned.size
    corners = (0, 0, 0, h, w, h * (1 - tilt), w, h * tilt)
    tilted = turned.transform((w, h), Image.Transform.QUAD, corners, Image.Resampling.BICUBIC)
    blurred = tilted.filter(ImageFilter.GaussianBlur(blur))
    return blurred.point(lambda value: 40 + value * 0.7)


@pytest.fixture(scope="module")
def poster(chromium, tmp_path_factory, ready_demo):
    """A leader's screen that shows a poster just made."""
    with serving(tmp_path_factory.mktemp("posters"), ready_demo) as server:
        context = chromium.new_context(viewport={"width": 1280, "height": 900}, device_scale_factor=2)
        page = context.new_page()
        sign_in(page, server.origin, "Hoàng Văn Minh")
        page.goto(f"{server.origin}/vi/posters")
        page.locator("#place").fill("Nhà văn hoá")
        page.locator("#guide").select_option("7")
        page.locator("main form button").click()
        page.wait_for_url(re.compile(r"/posters/\w{6}$"))
        yield page
        context.close()


@pytest.mark.parametrize("shape", ["a4", "a5", "cards", "stickers"])
def test_c3_paper_is_read_at_three_centimetres_blurred_and_tilted(poster, tmp_path, shape):
    address = poster.url.partition("?")[0]
    poster.goto(f"{address}?shape={shape}")
    taken = Image.open(io.BytesIO(poster.locator(".qr").first.screenshot())).convert("L")
    photograph = taken.resize((PIXELS, PIXELS), Image.Resampling.BOX)

    wanted = address.replace("/vi/posters/", "/q/").upper()
    for degrees, tilt, blur in ((0, 0, 0.8), (12, 0.08, 0.8), (-25, 0.04, 1.0), (180, 0.1, 0.6)):
        seen = seen_badly(photograph, degrees=degrees, tilt=tilt, blur=blur)
        assert zxing(seen) == [wanted], (degrees, tilt, blur)
        assert zbar([seen], tmp_path) == [wanted], (degrees, tilt, blur)


@pytest.mark.parametrize("shape", ["a4", "a5", "cards", "stickers"])
def test_c4_paper_prints_on_one_sheet_of_its_size(poster, shape):
    poster.goto(f"{poster.url.partition('?')[0]}?shape={shape}")

    pdf = poster.pdf(prefer_css_page_size=True)

    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    wide, high = (148, 210) if shape == "a5" else (210, 297)
    assert [(round(float(w) / 72 * 25.4), round(float(h) / 72 * 25.4)) for w, h in sheets] == [(wide, high)]
