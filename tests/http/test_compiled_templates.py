"""What a template was compiled to serves the next process, where it can be kept."""

import jinja2

from webapp.web.compiled import CompiledTemplates

SAYS = {"page.html": "Olá, {{ name }}"}


class Compiling(jinja2.Environment):
    compiled = 0

    def compile(self, *args, **options):
        self.compiled += 1
        return super().compile(*args, **options)


def process(folder, says=SAYS) -> Compiling:
    return Compiling(loader=jinja2.DictLoader(says), bytecode_cache=CompiledTemplates(str(folder)))


def test_a_template_is_compiled_by_the_first_process_and_anew_when_it_changes(tmp_path):
    (tmp_path / "kept").mkdir()
    for says, compiled in ((SAYS, 1), (SAYS, 0), ({"page.html": "Adeus, {{ name }}"}, 1)):
        env = process(tmp_path / "kept", says)
        shown = env.get_template("page.html").render(name="Ana")
        assert shown == says["page.html"].replace("{{ name }}", "Ana")
        assert env.compiled == compiled


def test_where_nothing_can_be_kept_each_process_compiles(tmp_path):
    for _process in range(2):
        env = process(tmp_path / "nowhere")
        assert env.get_template("page.html").render(name="Ana") == "Olá, Ana"
        assert env.compiled == 1
