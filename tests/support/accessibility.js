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
    const kindsBy = (elements, kind) => new Map(elements.map((element) => [element, kind(element)]));

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

    // As axe does, without what is hidden from screen readers.
    const texts = (kind) => kindsBy([...document.querySelectorAll("body, body *")].filter((element) =>
        (element.matches("input, select, textarea")
            || [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
        && isShown(element) && !element.closest("[aria-hidden=true]")), kind);

    // As axe does: links between more words than their own and their neighbours', up to the next break of the line.
    const isBlock = (element) => /^(block|list-item|table|flex|grid)/.test(getComputedStyle(element).display);
    const isAmongWords = (link, block) => {
        const length = (words) => words.join("").replace(/\s+/g, " ").trim().length;
        let words = [], pressed = [], isPast = false, isOver = false;
        const read = (node) => {
            if (isOver) return;
            if (node.nodeType === Node.TEXT_NODE) words.push(node.data);
            if (node.nodeType !== Node.ELEMENT_NODE) return;
            isPast ||= node === link;
            if (node.matches("br, hr") || isBlock(node)) {
                if (isPast) isOver = true;
                else words = [], pressed = [];
            } else if (node.matches("a[href], [role=link], button")) return void pressed.push(node.textContent);
            node.childNodes.forEach(read);
        };
        block.childNodes.forEach(read);
        return length(words) > length(pressed);
    };

    // Which more than a colour must tell apart from those words: by how both are drawn.
    const drawn = (element) => {
        const style = getComputedStyle(element);
        return ["textDecoration", "border", "fontFamily", "fontStyle"].map((name) => style[name]).join();
    };
    const linksInText = (kind) => {
        const blocks = new Map();
        for (const link of document.querySelectorAll("a[href], [role=link]")) {
            if (getComputedStyle(link).display !== "inline") continue;
            let block = link.parentElement;
            while (!isBlock(block)) block = block.parentElement;
            if (isAmongWords(link, block)) blocks.set(link, block);
        }
        return kindsBy([...blocks.keys()], (link) =>
            [link, blocks.get(link)].map((part) => `${kind(part)} ${drawn(part)}`).join(" in "));
    };

    // Whether two regions have one name is told by all of them together.
    const landmarks = () => {
        const shown = [...document.querySelectorAll("main, nav, header, footer, aside, form, section, [role]")].filter(
            (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[aria-hidden=true], [inert]"));
        const named = (element) => [
            element.tagName, element.role, element.ariaLabel, element.title,
            ...(element.ariaLabelledByElements ?? []).map((label) => label.textContent.trim()),
            element.parentElement.closest("main, nav, aside, section, article, [role]")?.tagName,
        ].join();
        const together = shown.map(named).join(" and ");
        return kindsBy(shown, () => together);
    };

    // What passed, by scheme: told once a page, and added to here and there.
    const known = {};
    const know = (passed) => {
        for (const [scheme, told] of Object.entries(passed)) known[scheme] = new Set(told.split("\0"));
    };

    // In a new size first whether all has room. Then axe's verdict on the whole, if asked for, and by rule on each kind
    // that has not passed yet; and the kinds that pass now.
    const kinds = { "color-contrast": texts, "link-in-text-block": linksInText, "landmark-unique": landmarks };
    const judge = async (isNewSize, scheme, rules, whole) => {
        const cut = isNewSize ? await outOfRoom() : [];
        const passed = known[scheme], verdicts = [], passes = new Set(), kind = kindOf(), found = {};
        const kindsOf = (rule) => found[rule] ??= kinds[rule](kind);
        if (whole) verdicts.push(...await run(document, whole));
        for (const rule of rules) {
            const open = [...kindsOf(rule)].filter(([, kind]) => !passed.has(kind)).map(([element]) => element);
            if (open.length) verdicts.push(...await run({ include: open }, { runOnly: [rule] }));
        }
        for (const verdict of verdicts.filter(({ id, violations }) => kinds[id] && !violations.length)) {
            for (const { node } of verdict.passes) passes.add(kindsOf(verdict.id).get(node.element));
        }
        const fresh = [...passes].filter((kind) => kind && !passed.has(kind));
        for (const kind of fresh) passed.add(kind);
        return { cut, faults: told(verdicts), passes: fresh };
    };

    return { know, judge };
})();
