#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes tests/golden/eval_oracles.json: answers of scikit-learn and NumPy for the tests of kindred/eval.

Run in tests/golden:  /usr/bin/python3 make_eval.py
Inputs are rounded to 6 digits before they are used, so that the file holds exactly what the oracles saw.
"""
import json

import numpy as np
import sklearn.decomposition
import sklearn.linear_model
import sklearn.metrics
import sklearn.neighbors

rng = np.random.default_rng(20)


def rounded(a):
    return np.asarray(a, dtype=np.float32).astype(np.float64).round(6).astype(np.float32).astype(np.float64)


def listed(a, digits=12):
    return np.asarray(a).astype(np.float64).round(digits).tolist()


def blobs(n, d, classes, spread):
    centre = np.random.default_rng(classes).normal(size=(classes, d))  # the same for train and test
    y = np.arange(n) % classes
    return rounded(centre[y] + spread * rng.normal(size=(n, d))), y


def softmax_cases():
    x, y = blobs(90, 5, 3, 1.5)
    test, truth = blobs(40, 5, 3, 1.5)
    cases = []
    for l2 in (1.0, 1e-2, 1e-4):
        model = sklearn.linear_model.LogisticRegression(
            C=1 / (l2 * len(x)), tol=1e-8, max_iter=100000, multi_class="multinomial", solver="newton-cg")
        model.fit(x, y)
        bias = model.intercept_ - model.intercept_.mean()
        cases.append({
            "l2": l2,
            "weight": listed(model.coef_), "bias_centred": listed(bias),
            "train_log_loss": float(sklearn.metrics.log_loss(y, model.predict_proba(x))),
            "test_log_loss": float(sklearn.metrics.log_loss(truth, model.predict_proba(test))),
            "test_accuracy": float(model.score(test, truth)),
        })
    return {"x": listed(x, 6), "y": y.tolist(), "test_x": listed(test, 6), "test_y": truth.tolist(), "cases": cases}


def knn_case():
    x, y = blobs(60, 4, 7, 1.0)
    q, truth = blobs(30, 4, 7, 1.0)
    unit = lambda a: a / np.linalg.norm(a, axis=1, keepdims=True)
    found = {}
    for temperature in (0.07, 0.5):
        model = sklearn.neighbors.KNeighborsClassifier(
            n_neighbors=9, algorithm="brute", metric="cosine", weights=lambda d: np.exp((1 - d) / temperature))
        found[str(temperature)] = listed(model.fit(unit(x), y).predict_proba(unit(q)))
    index = sklearn.neighbors.NearestNeighbors(n_neighbors=9, algorithm="brute", metric="cosine").fit(unit(x))
    distance, order = index.kneighbors(unit(q))
    return {"x": listed(x, 6), "y": y.tolist(), "queries": listed(q, 6), "truth": truth.tolist(),
            "neighbours": order.tolist(), "similarity": listed(1 - distance, 9), "probability": found}


def cloud_case():
    x = rounded(rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)))
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    s = np.linalg.svd(unit - unit.mean(0), compute_uv=False)
    p = s / s.sum()
    pairs = [np.exp(-2 * np.sum((unit[i] - unit[j]) ** 2)) for i in range(40) for j in range(i)]
    scores = sklearn.decomposition.PCA(3, svd_solver="full").fit(x)
    projected, loading = scores.transform(x), scores.components_
    sign = np.array([np.sign(row[np.argmax(np.abs(row))]) for row in loading])
    return {"x": listed(x, 6), "std_sqrt_d": float(unit.std(axis=0).mean() * np.sqrt(6)),
            "effective_rank": float(np.exp(-(p * np.log(p)).sum())), "uniformity": float(np.log(np.mean(pairs))),
            "pca": listed(projected * sign, 9)}


def quantile_case():
    values = rounded(rng.normal(size=101))
    return {"values": listed(values, 6), "interval": listed(np.quantile(values, [0.025, 0.975]))}


with open("eval_oracles.json", "w") as out:
    json.dump({"softmax": softmax_cases(), "knn": knn_case(), "cloud": cloud_case(), "quantile": quantile_case()}, out)
    out.write("\n")
