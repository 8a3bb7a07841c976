"""What a visitor does on MiniTwit, in a real browser, on a desktop and on a phone.

Runs the built binary with a database of its own; scripts/test-browser starts it.
"""

import contextlib
import json
import os
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[3]
MINITWIT = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "minitwit"
WAIT = 15
SIZES = {"desktop": (1280, 900), "phone": (360, 740)}
# The contrast that text of any size needs (WCAG 2.2, 1.4.3).
CONTRAST = 4.5
# Each text that shows, with the contrast of its colour and the colour behind it.
CONTRASTS = """
const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
const behind = (element) => {
  for (; element; element = element.parentElement) {
    const color = rgb(getComputedStyle(element).backgroundColor);
    if (color.length === 3 || color[3] === 1) return color;
  }
  return [255, 255, 255];
};
const luminance = (color) => color.slice(0, 3)
  .map((part) => part / 255)
  .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
const contrast = (one, other) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
};
const of = (element, text) => [text, contrast(rgb(getComputedStyle(element).color), behind(element))];
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = [...document.querySelectorAll("input")].map((input) => of(input, input.value || input.name));
while (texts.nextNode()) {
  const node = texts.currentNode;
  if (node.data.trim()) found.push(of(node.parentElement, node.data.trim()));
}
return found;
"""


@contextlib.contextmanager
def server():
    """MiniTwit on a free port; gives its address."""
    subprocess.run([MINITWIT, "migrate"], check=True, stdout=subprocess.DEVNULL)
    ports = ["--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:0"]
    process = subprocess.Popen([MINITWIT, "serve", *ports], stdout=subprocess.PIPE, text=True)
    try:
        # Warnings about defaults of development come first.
        for line in process.stdout:
            address = json.loads(line).get("server.address")
            if address:
                break
        else:
            raise RuntimeError("minitwit did not start")
        yield f"http://{address}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


@contextlib.contextmanager
def browser(width, height):
    """Chromium with a profile that is removed at the end."""
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in (
            "headless=new",
            "no-sandbox",
            "disable-gpu",
            "disable-dev-shm-usage",
            "disable-background-networking",
            "disable-component-update",
            "disable-sync",
            "no-first-run",
            # Avatars come from elsewhere; nothing but the site is looked up.
            "host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            f"user-data-dir={profile}/chromium",
        ):
            options.add_argument(f"--{argument}")
        # A phone's width is less than a window's least.
        options.add_experimental_option(
            "mobileEmulation",
            {"deviceMetrics": {"width": width, "height": height, "pixelRatio": 1, "touch": False}},
        )
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        driver = webdriver.Chrome(options=options, service=service)
        try:
            driver.set_page_load_timeout(WAIT)
            yield driver
        finally:
            driver.quit()


class Visitor:
    """A browser on the site."""

    def __init__(self, test, driver, site):
        self.test, self.driver, self.site = test, driver, site

    def open(self, path):
        self.driver.get(self.site + path)
        self.check_page()

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def texts(self, selector):
        return [found.text for found in self.driver.find_elements(By.CSS_SELECTOR, selector)]

    def messages(self):
        script = "return [...document.querySelectorAll('ul.messages > li')].map((li) => li.textContent)"
        return self.driver.execute_script(script)

    def click(self, text):
        old = self.find("html")
        self.driver.find_element(By.LINK_TEXT, text).click()
        self.wait(lambda: self.find("html") != old)
        self.check_page()

    def submit(self, **fields):
        old = self.find("html")
        for name, value in fields.items():
            self.find(f"input[name={name}]").send_keys(value)
        self.find("div.actions input[type=submit]").click()
        self.wait(lambda: self.find("html") != old)
        self.check_page()

    def wait(self, condition):
        WebDriverWait(self.driver, WAIT, poll_frequency=0.05).until(lambda _: condition())

    def flashes(self, text):
        self.test.assertEqual(self.texts("ul.flashes > li"), [text])

    def check_page(self):
        """What holds for every page: it fits the width, and its security policy stopped nothing."""
        script = "return [document.documentElement.scrollWidth, window.innerWidth]"
        needed, given = self.driver.execute_script(script)
        self.test.assertLessEqual(needed, given, f"{self.driver.current_url} is too wide")
        for entry in self.driver.get_log("browser"):
            self.test.assertNotIn("Content Security Policy", entry["message"])
        labelled = "return [...document.querySelectorAll('input:not([type=submit])')].every((i) => i.labels.length)"
        self.test.assertTrue(self.driver.execute_script(labelled), "an input has no label")
        contrasts = self.driver.execute_script(CONTRASTS)
        self.test.assertGreater(len(contrasts), 5)
        for text, contrast in contrasts:
            self.test.assertGreaterEqual(contrast, CONTRAST, f"{text!r} is hard to read on {self.driver.current_url}")


def post(site, author, text):
    """A message by way of the API, as from anywhere else."""
    request = urllib.request.Request(
        f"{site}/msgs/{author}",
        json.dumps({"content": text}).encode(),
        {"Authorization": "Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=WAIT).close()


class Story(unittest.TestCase):
    """register → log in → post → follow → timeline → live update → log out."""

    def test_story(self):
        with server() as site:
            for device, size in SIZES.items():
                with self.subTest(device), browser(*size) as driver:
                    self.tell(Visitor(self, driver, site), f"ann-{device}", f"bob-{device}")

    def tell(self, visitor, ann, bob):
        for name in (ann, bob):
            visitor.open("/register")
            visitor.submit(username=name, email=f"{name}@example.com", password="secret", password2="secret")
            visitor.flashes("You were successfully registered and can login now")
        visitor.submit(username=ann, password="wrong")
        self.assertIn("Invalid password", visitor.find("div.error").text)
        visitor.open("/login")
        visitor.submit(username=ann, password="secret")
        visitor.flashes("You were logged in")

        visitor.submit(text="<b>hello</b> & 'goodbye'")
        visitor.flashes("Your message was recorded")
        self.assertEqual(len(visitor.messages()), 1)
        self.assertIn("<b>hello</b> & 'goodbye'", visitor.messages()[0])

        visitor.open(f"/{bob}")
        self.assertIn("You are not yet following this user.", visitor.find("div.followstatus").text)
        visitor.find("a.follow").click()
        visitor.wait(lambda: visitor.texts("a.unfollow"))
        visitor.flashes(f'You are now following "{bob}"')

        self.live(visitor, f"/{bob}", bob, "on bob's page")
        self.live(visitor, "/public", bob, "on the public page")
        self.live(visitor, "/", bob, "<i>on</i> my timeline")
        visitor.open("/")
        self.assertEqual(len(visitor.messages()), 4)

        visitor.click(f"sign out [{ann}]")
        visitor.flashes("You were logged out")
        self.assertEqual(visitor.texts("div.twitbox"), [])
        self.live(visitor, "/public", ann, "to a stranger")

    def live(self, visitor, path, author, text):
        """A message shows at the top of an open page, once, as text."""
        visitor.open(path)
        before = visitor.messages()
        visitor.driver.execute_script("window.opened = true")
        post(visitor.site, author, text)
        visitor.wait(lambda: text in visitor.messages()[0])
        kept = [message for message in before if "no message so far" not in message]
        self.assertEqual(visitor.messages()[1:], kept)
        self.assertEqual(visitor.find("ul.messages").get_attribute("aria-live"), "polite")
        self.assertTrue(visitor.driver.execute_script("return window.opened"), "was loaded again")


if __name__ == "__main__":
    unittest.main()
