from dataclasses import dataclass
from pathlib import Path

from cli.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Home:
    """Where everything lies beneath one home folder. `path` is absolute and free of symbolic links."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Home":
        """Name the home at `path`, whether it exists yet or not."""
        return cls(path.expanduser().resolve())

    @property
    def lock(self) -> Path:
        """Held by the supervising process for as long as it lives."""
        return self.path / "lock"

    @property
    def secrets(self) -> Path:
        """The generated passwords and keys."""
        return self.path / "secrets.json"

    @property
    def ports(self) -> Path:
        """The ports of the latest start."""
        return self.path / "ports.json"

    @property
    def environment(self) -> Path:
        """The variables of the running stack."""
        return self.path / "environment.json"

    @property
    def children(self) -> Path:
        """Which children were started: process id, time of creation, name."""
        return self.path / "run" / "children.json"

    @property
    def stack(self) -> Path:
        """Who supervises, and where everything answers."""
        return self.path / "run" / "stack.json"

    @property
    def mail(self) -> Path:
        """Each accepted mail as a file."""
        return self.path / "mail"

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory."""
        return self.path / "postgres" / "data"

    def log(self, name: str) -> Path:
        """Name the file of what the child `name` printed."""
        return self.path / "log" / f"{name}.log"

    def make(self) -> None:
        """Create what is missing, for its owner only. A new home keeps itself out of version control."""
        try:
            if not self.path.exists():
                self.path.mkdir(mode=0o700, parents=True)
                (self.path / ".gitignore").write_text("*\n", encoding="ascii")
            for folder in ("log", "run"):
                (self.path / folder).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            message = (
                f"The folder {self.path} cannot be used: {error.strerror}. Choose another home, or start as its owner."
            )
            raise EmbeddedError(message) from error
