// What tests/support/accessibility.py asks a page, with axe beside it.
window.looks = (() => {
    // Of rows and items that differ in nothing but their words the first is enough: axe takes four times as long for
    // twice as many.
    const taken = [];
    const leaveOneOfAKind = () => {
        const kind = (element) => [element, ...element.querySelectorAll("*")]
            .map((part) => `${part.tagName}.${part.className}.${part.role}`).join();
        for (const box of document.querySelectorAll("tbody, ul, ol, dl")) {
            const met = new Set();
            for (const item of [...box.children].filter((child) => child.matches("tr, li")))
                if (met.size === met.add(kind(item)).size) {
                    taken.push([box, item, item.nextSibling]);
                    item.remove();
                }
        }
    };
    const putBack = () => {
        while (taken.length) {
            const [box, item, next] = taken.pop();
            box.insertBefore(item, next);
        }
    };

    // Tables and rows of tabs that go on beyond their edge and do not say so: the script marks them once the page is
    // laid out.
    const outOfRoom = async () => {
        putBack();
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const root = document.documentElement;
        const found = [...document.querySelectorAll(".table-scroll, .tabs")]
            .filter((box) => box.scrollWidth - box.clientWidth > 1 && !box.hasAttribute("data-more-after"))
            .map((box) => `cut without a cue: ${box.getAttribute("aria-label")}`);
        if (root.scrollWidth > root.clientWidth) found.push("wider than the screen");
        leaveOneOfAKind();
        return found;
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

    // What only a screen reader has is one pixel wide, or beside the page until it has the focus.
    const isShown = (element) => {
        const { width, right, bottom } = element.getBoundingClientRect();
        return width > 1 && right > 0 && bottom > 0 && element.checkVisibility({ visibilityProperty: true });
    };

    // Links among other words, which more than a colour must tell apart from those.
    const linksInText = () => [...document.querySelectorAll("a[href], [role=link]")].filter((link) => {
        let block = link.parentElement;
        while (getComputedStyle(block).display === "inline") block = block.parentElement;
        const words = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
        while (words.nextNode())
            if (words.currentNode.data.trim() && !words.currentNode.parentElement.closest("a[href], [role=link]"))
                return true;
        return false;
    });

    // Axe's verdict on all texts of a kind that has not passed yet, and the kinds that pass now. In the same look at the
    // page its verdict on links, unless the structure's covers them.
    const colours = async (passed, withLinks) => {
        const known = new Set(passed), kind = kindOf();
        const texts = [...document.querySelectorAll("body, body *")].filter((element) =>
            (element.matches("input, select, textarea")
                || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
            && isShown(element) && !known.has(kind(element)));
        const links = withLinks ? linksInText() : [];
        if (!texts.length && !links.length) return { faults: [], passes: [] };
        const runOnly = withLinks ? ["color-contrast", "link-in-text-block"] : ["color-contrast"];
        const rules = await run({ include: [...texts, ...links] }, { runOnly });
        const passes = rules.filter(({ id }) => id === "color-contrast").flatMap((rule) => rule.passes)
            .map(({ node }) => kind(node.element));
        return { faults: told(rules), passes: [...new Set(passes)] };
    };

    return { outOfRoom, structure, colours };
})();
