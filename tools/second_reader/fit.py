"""The fitting itself, run by the Python of `tools/second_reader/.venv`, the only place with scikit-learn.

In: JSON on stdin. Out: JSON on stdout. No text of a report comes here, only numbers of features.
"""

import json
import sys
from typing import Any

STRENGTH = 30.0
"""Inverse of the L2 penalty; found by leaving authors out."""
STEPS, TOLERANCE = 120, 5e-4


def main() -> None:
    """`given`: `rows` (ids of features), `gold`, `size`, `before` (the feature that a feature goes on from, or -1), `most`, and either
    `folds` (of each row the fold in which it is left out, or -1: always learned from) or None for one model of everything.
    """
    import numpy
    from joblib import Parallel, delayed  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from scipy.sparse import csr_matrix  # type: ignore[import-not-found, import-untyped, unused-ignore]
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-not-found, import-untyped, unused-ignore]

    given = json.load(sys.stdin)
    rows, gold, size = given["rows"], numpy.array(given["gold"]), given["size"]
    ends = numpy.cumsum([0, *(len(row) for row in rows)])
    ids = numpy.array([one for row in rows for one in row], dtype=numpy.int32)
    table = csr_matrix((numpy.ones(len(ids)), ids, ends), shape=(len(rows), size))
    before = given["before"]

    def scaled(part: Any, rarity: Any) -> Any:
        made = part.multiply(rarity).tocsr()
        lengths = numpy.sqrt(numpy.asarray(made.multiply(made).sum(axis=1)).ravel())
        lengths[lengths == 0] = 1
        return csr_matrix(made.multiply(1 / lengths[:, None]))

    def learned(chosen: Any) -> tuple[Any, Any, Any]:
        """(the model, rarity, the features it knows): fitted on everything, then again on the features that told most."""
        part = table[chosen]
        count = numpy.asarray(part.sum(axis=0)).ravel()
        rarity = numpy.log((1 + part.shape[0]) / (1 + count)) + 1
        known = count >= 2
        model = LogisticRegression(C=STRENGTH, max_iter=STEPS, tol=TOLERANCE).fit(scaled(part, rarity * known), gold[chosen])
        if known.sum() > given["most"]:
            told = numpy.abs(model.coef_).max(axis=0) * rarity * known
            best = numpy.argsort(-told, kind="stable")[: given["most"]]
            known = numpy.zeros(size, dtype=bool)
            known[best] = True
            for one in best:
                # The beginnings of what is known are known.
                while (one := before[one]) >= 0 and not known[one]:
                    known[one] = True
            model = LogisticRegression(C=STRENGTH, max_iter=STEPS, tol=TOLERANCE).fit(scaled(part, rarity * known), gold[chosen])
        return model, rarity, known

    if given["folds"] is None:
        model, rarity, known = learned(numpy.arange(len(rows)))
        kept = numpy.flatnonzero(known)
        json.dump(
            {
                "order": list(model.classes_),
                "bias": model.intercept_.tolist(),
                "features": kept.tolist(),
                "rarity": rarity[kept].tolist(),
                "weights": model.coef_[:, kept].T.tolist(),
            },
            sys.stdout,
        )
        return
    folds = numpy.array(given["folds"])

    def left_out(fold: int) -> list[tuple[int, dict[str, float]]]:
        model, rarity, known = learned(numpy.flatnonzero(folds != fold))
        left = numpy.flatnonzero(folds == fold)
        found = model.predict_proba(scaled(table[left], rarity * known)).tolist()
        print(f"learned without author {fold}", file=sys.stderr, flush=True)
        return [(place, dict(zip(model.classes_.tolist(), row, strict=True))) for place, row in zip(left.tolist(), found, strict=True)]

    chances: list[dict[str, float] | None] = [None] * len(rows)
    for told in Parallel(n_jobs=-1)(delayed(left_out)(fold) for fold in sorted(set(folds.tolist()) - {-1})):
        for place, row in told:
            chances[place] = row
    json.dump(chances, sys.stdout)


if __name__ == "__main__":
    main()
