"""What setup.cfg cannot say: the folder `utils` is the package `tfvis.utils`."""

from setuptools import find_packages, setup
from setuptools.command.editable_wheel import editable_wheel


class EditableWheel(editable_wheel):
    """An editable install also finds the checkout's `utils`, behind all else on the path."""

    def run(self) -> None:
        self.distribution.packages.append("utils")
        self.distribution.package_dir["utils"] = "utils"
        super().run()


setup(
    packages=[*find_packages(include=["tfvis", "tfvis.*"]), "tfvis.utils"],
    package_dir={"tfvis.utils": "utils"},
    cmdclass={"editable_wheel": EditableWheel},
)
