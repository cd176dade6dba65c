"""Fits a tagger of sentences and what a report states as a whole, run by the Python of `tools/second_reader/.venv`.

In: JSON on stdin. Out: JSON on stdout. No text of a report comes here, only numbers of word runs.
"""

import json
import sys
from typing import Any

TAGS_STRENGTH, MEASURES_STRENGTH = 30.0, 3.0
"""Inverses of the L2 penalty; found by leaving authors out."""
STEPS = 400


def main() -> None:
    """`given`: `task`, and what it needs.

    `tags`: `size`, `most`, `before`, `rows` (ids of word runs of each labelled sentence), `gold` (of each, 0 or 1 for each tag), `folds`
    (of each the fold that it is left out in), and `others` with `other_folds`: sentences to be tagged by a tagger that has not learned
    from their fold. `measures`: `rows` (numbers), `gold` (0 or 1), `folds`, and `learns` (1 for what is learned from).
    """
    given = json.load(sys.stdin)
    json.dump({"tags": _tags, "measures": _measures}[given["task"]](given), sys.stdout)


def _tags(given: Any) -> Any:
    import numpy
    from joblib import Parallel, delayed  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from scipy.sparse import csr_matrix  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]

    size, before = given["size"], given["before"]

    def table(rows: Any) -> Any:
        ends = numpy.cumsum([0, *(len(row) for row in rows)])
        ids = numpy.array([one for row in rows for one in row], dtype=numpy.int32)
        return csr_matrix((numpy.ones(len(ids)), ids, ends), shape=(len(rows), size))

    def scaled(part: Any, rarity: Any) -> Any:
        made = part.multiply(rarity).tocsr()
        lengths = numpy.sqrt(numpy.asarray(made.multiply(made).sum(axis=1)).ravel())
        lengths[lengths == 0] = 1
        return csr_matrix(made.multiply(1 / lengths[:, None]))

    rows, gold = table(given["rows"]), numpy.array(given["gold"])
    folds, others, other_folds = numpy.array(given["folds"]), table(given["others"]), numpy.array(given["other_folds"])

    def learned(chosen: Any) -> tuple[Any, Any]:
        """(rarity, 0 for what is not known; a model for each tag)."""
        part, answers = rows[chosen], gold[chosen]
        count = numpy.asarray(part.sum(axis=0)).ravel()
        rarity = (numpy.log((1 + part.shape[0]) / (1 + count)) + 1) * (count >= 2)

        def fitted() -> Any:
            ready = scaled(part, rarity)
            return [LogisticRegression(C=TAGS_STRENGTH, max_iter=STEPS).fit(ready, answers[:, n]) for n in range(answers.shape[1])]

        models = fitted()
        if (count >= 2).sum() > given["most"]:
            told = numpy.max([numpy.abs(model.coef_[0]) for model in models], axis=0) * rarity
            known = numpy.zeros(size, dtype=bool)
            for best in numpy.argsort(-told, kind="stable")[: given["most"]]:
                one = int(best)
                # The beginnings of what is known are known.
                while one >= 0 and not known[one]:
                    known[one] = True
                    one = before[one]
            rarity = rarity * known
            models = fitted()
        return rarity, models

    def left_out(fold: int) -> tuple[Any, Any, Any, Any]:
        rarity, models = learned(numpy.flatnonzero(folds != fold))

        def told(part: Any) -> Any:
            ready = scaled(part, rarity)
            return numpy.stack([model.predict_proba(ready)[:, 1] for model in models], axis=1).round(4).tolist() if part.shape[0] else []

        mine, theirs = numpy.flatnonzero(folds == fold), numpy.flatnonzero(other_folds == fold)
        return mine.tolist(), told(rows[mine]), theirs.tolist(), told(others[theirs])

    of_rows: list[Any] = [None] * rows.shape[0]
    of_others: list[Any] = [None] * others.shape[0]
    every = sorted({*folds.tolist(), *other_folds.tolist()})
    for mine, said, theirs, told in Parallel(n_jobs=-1)(delayed(left_out)(fold) for fold in every):
        for place, row in zip(mine, said, strict=True):
            of_rows[place] = row
        for place, row in zip(theirs, told, strict=True):
            of_others[place] = row
    rarity, models = learned(numpy.arange(rows.shape[0]))
    kept = numpy.flatnonzero(rarity)
    return {
        "left_out": of_rows,
        "others": of_others,
        "bias": [float(model.intercept_[0]) for model in models],
        "features": kept.tolist(),
        "rarity": rarity[kept].tolist(),
        "weights": numpy.stack([model.coef_[0][kept] for model in models], axis=1).tolist(),
    }


def _measures(given: Any) -> Any:
    import numpy
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]

    rows, gold, folds, learns = (numpy.array(given[name]) for name in ("rows", "gold", "folds", "learns"))

    def model(chosen: Any) -> Any:
        return LogisticRegression(C=MEASURES_STRENGTH, max_iter=STEPS * 20).fit(rows[chosen], gold[chosen])

    chances = numpy.zeros(len(rows))
    for fold in sorted(set(folds.tolist())):
        chances[folds == fold] = model((folds != fold) & (learns == 1)).predict_proba(rows[folds == fold])[:, 1]
    whole = model(learns == 1)
    return {"left_out": chances.tolist(), "bias": float(whole.intercept_[0]), "weights": whole.coef_[0].tolist()}


if __name__ == "__main__":
    main()
