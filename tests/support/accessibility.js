// What tests/support/accessibility.py asks a page, with axe beside it.
window.looks = (() => {
    // Of rows and items that differ in nothing but their words the first is enough: axe takes four times as long for
    // twice as many.
    const leaveOneOfAKind = () => {
        const kind = (element) => [element, ...element.querySelectorAll("*")]
            .map((part) => `${part.tagName}.${part.className}.${part.role}`).join();
        for (const box of document.querySelectorAll("tbody, ul, ol, dl")) {
            const met = new Set();
            for (const item of [...box.children].filter((child) => child.matches("tr, li")))
                if (met.size === met.add(kind(item)).size) item.remove();
        }
    };

    // Tables and rows of tabs that go on beyond their edge and do not say so: the script marks them once the page is
    // laid out.
    const outOfRoom = async () => {
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const root = document.documentElement;
        const found = [...document.querySelectorAll(".table-scroll, .tabs")]
            .filter((box) => box.scrollWidth - box.clientWidth > 1 && !box.hasAttribute("data-more-after"))
            .map((box) => `cut without a cue: ${box.getAttribute("aria-label")}`);
        return root.scrollWidth > root.clientWidth ? [...found, "wider than the screen"] : found;
    };

    // The usual reporter describes every element that it has met; we ask for little.
    const run = (where, options) => axe.run(where, { ...options, reporter: (rules, _, done) => done(rules) });
    const told = (rules) => rules.filter(({ violations }) => violations.length).map(({ id, violations }) =>
        `${id}: ${violations.slice(0, 3).map(({ node }) => node.source.slice(0, 120)).join(", ")}`);

    const structure = async (options) => told(await run(document, {
        ...options, rules: { ...options.rules, "color-contrast": { enabled: false } },
    }));

    // What decides whether a text can be read: its letters and the grounds below it. Of what lies above others without a
    // ground of its own: also where it stands, and how wide the screen is.
    const kindOf = () => {
        const grounds = new Map([[null, { kind: "", place: "" }]]);
        const ground = (element) => {
            if (!grounds.has(element)) {
                const style = getComputedStyle(element), below = ground(element.parentElement);
                const { backgroundColor, backgroundImage, opacity, filter, position } = style;
                const own = [backgroundColor, backgroundImage, opacity, filter].join();
                const place = `${element.tagName}.${element.className} in ${below.place}`;
                grounds.set(element, {
                    place, floats: /rgba|\//.test(backgroundColor) && (!/static|relative/.test(position) || below.floats),
                    kind: own === "rgba(0, 0, 0, 0),none,1,none" ? below.kind : `${own} on ${below.kind}`,
                });
            }
            return grounds.get(element);
        };
        return (element) => {
            const { color, fontSize, fontWeight, textShadow } = getComputedStyle(element);
            const { kind, floats, place } = ground(element);
            return [color, fontSize, fontWeight, textShadow, kind, floats && `${innerWidth} ${place}`].join();
        };
    };

    // What only a screen reader has is one pixel wide, or above the page until it has the focus.
    const isShown = (element) => {
        const { width, bottom } = element.getBoundingClientRect();
        return width > 1 && bottom > 0 && element.checkVisibility({ visibilityProperty: true });
    };

    // Axe's verdict on all texts of a kind that has not passed yet, and the kinds that pass now.
    const contrast = async (passed) => {
        const known = new Set(passed), kind = kindOf();
        const texts = [...document.querySelectorAll("body, body *")].filter((element) =>
            (element.matches("input, select, textarea")
                || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
            && isShown(element) && !known.has(kind(element)));
        if (!texts.length) return { faults: [], passes: [] };
        const rules = await run({ include: texts }, { runOnly: ["color-contrast"] });
        const passes = rules.flatMap((rule) => rule.passes).map(({ node }) => kind(node.element));
        return { faults: told(rules), passes: [...new Set(passes)] };
    };

    return { leaveOneOfAKind, outOfRoom, structure, contrast };
})();
