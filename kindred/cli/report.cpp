// SPDX-License-Identifier: Apache-2.0
// kindred report: a run held against pixels and random weights, as a table and as the page report.html.
#include <ATen/ops/arange.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "kindred/cli/command.h"
#include "kindred/cli/flags.h"
#include "kindred/cli/machine.h"
#include "kindred/cli/model_source.h"
#include "kindred/cli/run_report.h"
#include "kindred/core/error.h"
#include "kindred/data/spec.h"
#include "kindred/eval/map.h"
#include "kindred/eval/protocols.h"

namespace kindred::cli {
namespace {

constexpr int64_t kQueries = 8;
constexpr int64_t kNeighbours = 6;
constexpr int64_t kMapRows = 1000;

struct ReportFlags {
  std::string run, train, test;
  int64_t seed = 0, threads = 0;
  bool json = false;
};
void visit_fields(FieldList& v, ReportFlags& o) {
  v("run", o.run, "the run directory");
  v("train", o.train, "SPEC the protocols learn from");
  v("test", o.test, "SPEC that is judged");
  v("seed", o.seed, "of the random encoder's weights", at_least(0));
  v("threads", o.threads, "computing threads; 0 = one per core", at_least(0));
  v("json", o.json, "one JSON object instead of the table");
}

struct Subject {
  std::string name;
  Embeddings train, test;
  std::vector<EvalResult> results;  // one per column
};

struct Column {
  std::string title;
  std::string protocol;
};
const std::vector<Column>& columns() {
  static const std::vector<Column> list{{"kNN", "knn"}, {"linear", "linear"}, {"10 labels per class", "fewshot"}};
  return list;
}

void judge(Subject& subject, Io& io) {
  for (const auto& column : columns()) {
    subject.results.push_back(find_protocol(column.protocol).recipe()->make(subject.train, subject.test));
    const auto& headline = subject.results.back().figures.at(0);
    char text[160];
    std::snprintf(text, sizeof text, "%s: %s %.2f %%", subject.name.c_str(), column.title.c_str(),
                  100 * headline.value);
    io.err << text << "\n";
  }
}

std::vector<Subject> judge_all(const ReportFlags& flags, DatasetPtr train, DatasetPtr test, Io& io) {
  const ModelSource trained(flags.run, *train, 0);
  const Model* model = trained.model();
  std::vector<Subject> subjects;
  {
    const auto prepare = trained.preprocess();
    subjects.push_back({"pixels", embed_pixels(prepare, train), embed_pixels(prepare, test), {}});
    judge(subjects.back(), io);
    subjects.back().train = subjects.back().test = {};  // the widest rows of all: not needed any more
  }
  const Model random = make_model(model->encoder_name, Config::from_toml(model->encoder_options, "model"),
                                  model->preprocess, static_cast<uint64_t>(flags.seed));
  subjects.push_back({"random " + model->encoder_name, embed(random, train), embed(random, test), {}});
  judge(subjects.back(), io);
  subjects.push_back({"trained", trained.embed(train, io, "embed train"), trained.embed(test, io, "embed test"), {}});
  judge(subjects.back(), io);
  return subjects;
}

// Trained minus each baseline, the same test samples resampled for both.
std::vector<ReportDifference> differences(const std::vector<Subject>& subjects) {
  std::vector<ReportDifference> out;
  const auto& trained = subjects.back();
  for (size_t s = 0; s + 1 < subjects.size(); ++s)
    for (size_t c = 0; c < columns().size(); ++c) {
      const auto& a = trained.results[c];
      const auto& b = subjects[s].results[c];
      if (!a.correct.defined() || !b.correct.defined()) continue;
      const auto interval = bootstrap_paired_difference(a.correct, b.correct);
      out.push_back({subjects[s].name, columns()[c].title, a.figures.at(0).value - b.figures.at(0).value, interval.low,
                     interval.high});
    }
  return out;
}

// Eight queries, of as many different classes as there are.
std::vector<int64_t> choose_queries(const Embeddings& test) {
  std::vector<int64_t> chosen;
  std::set<int64_t> seen;
  const auto* labels = test.labels.data_ptr<int64_t>();
  for (int64_t i = 0; i < test.rows.size(0) && std::ssize(chosen) < kQueries; ++i)
    if (labels[i] != kNoLabel && seen.insert(labels[i]).second) chosen.push_back(i);
  const int64_t stride = std::max<int64_t>(1, test.rows.size(0) / kQueries);
  for (int64_t i = 0; i < test.rows.size(0) && std::ssize(chosen) < kQueries; i += stride)
    if (std::find(chosen.begin(), chosen.end(), i) == chosen.end()) chosen.push_back(i);
  return chosen;
}

void add_neighbours(const Subject& trained, ReportData& report) {
  const auto chosen = choose_queries(trained.test);
  const auto queries = trained.test.rows.index_select(0, at::tensor(chosen));
  const auto found = nearest_neighbours(queries, trained.train.rows, kNeighbours);
  for (size_t q = 0; q < chosen.size(); ++q) {
    ReportNeighbours row{.query = chosen[q], .neighbours = {}, .similarity = {}};
    for (int64_t j = 0; j < kNeighbours; ++j) {
      const auto index = found.index[q][j].item<int64_t>();
      if (index < 0) break;
      row.neighbours.push_back(index);
      row.similarity.push_back(found.similarity[q][j].item<double>());
    }
    report.neighbours.push_back(std::move(row));
  }
}

void add_map(const Subject& trained, ReportData& report) {
  const int64_t n = trained.test.rows.size(0), shown = std::min(n, kMapRows);
  if (shown < 4) return;
  const auto pick = at::arange(shown, at::kLong) * n / shown;
  const auto index = pick.floor().to(at::kLong);
  const auto points = tsne(trained.test.rows.index_select(0, index));
  for (int64_t i = 0; i < shown; ++i) {
    const auto sample = index[i].item<int64_t>();
    report.map.push_back({points[i][0].item<double>(), points[i][1].item<double>(),
                          trained.test.labels[sample].item<int64_t>(), sample});
  }
  report.map_caption = concat("t-SNE of ", shown, " test samples, spread evenly over the set");
}

void print_table(const std::vector<Subject>& subjects, const std::vector<ReportDifference>& diffs, std::ostream& out) {
  char text[200];
  std::snprintf(text, sizeof text, "%-18s", "");
  out << text;
  for (const auto& column : columns()) {
    std::snprintf(text, sizeof text, "  %-30s", column.title.c_str());
    out << text;
  }
  out << "\n";
  for (const auto& subject : subjects) {
    std::snprintf(text, sizeof text, "%-18s", subject.name.c_str());
    out << text;
    for (const auto& result : subject.results) {
      const auto& f = result.figures.at(0);
      char cell[64];
      std::snprintf(cell, sizeof cell, "%.2f %% [%.2f, %.2f]", 100 * f.value, 100 * f.interval.low,
                    100 * f.interval.high);
      std::snprintf(text, sizeof text, "  %-30s", cell);
      out << text;
    }
    out << "\n";
  }
  out << "\ntrained minus baseline, in points, paired 95 % interval:\n";
  for (const auto& d : diffs) {
    std::snprintf(text, sizeof text, "  %-18s %-30s %+.2f [%+.2f, %+.2f]", d.baseline.c_str(), d.column.c_str(),
                  100 * d.value, 100 * d.low, 100 * d.high);
    out << text << (d.low > 0 ? "  better" : d.high < 0 ? "  worse" : "  no clear difference") << "\n";
  }
  out << "\nprotocols:\n";
  for (const auto& result : subjects.back().results) out << "  " << result.protocol_line() << "\n";
}

Json summary_json(const std::vector<Subject>& subjects, const std::vector<ReportDifference>& diffs,
                  const std::string& report) {
  Json out = {{"results", Json::object()}, {"differences", Json::array()}, {"report", report}};
  for (const auto& subject : subjects) {
    Json list = Json::array();
    for (const auto& result : subject.results) list.push_back(result_json(result));
    out["results"][subject.name] = list;
  }
  for (const auto& d : diffs)
    out["differences"].push_back(
        {{"baseline", d.baseline}, {"column", d.column}, {"value", d.value}, {"interval", {d.low, d.high}}});
  return out;
}

}  // namespace

int run_report(Arguments arguments, Io& io) {
  ReportFlags flags;
  const auto fields = fields_of(flags);
  const auto typed =
      parse_flags({.command = "report",
                   .summary = "hold a run against pixels and random weights",
                   .example = "kindred report --run run --train fashion-mnist/train --test fashion-mnist/test"},
                  fields, arguments, io);
  if (!typed) return 0;
  typed->apply(fields);
  check(!flags.run.empty(), "kindred report: expected --run DIR, got nothing");
  check(flags.train.empty() == flags.test.empty(), "kindred report: expected --train SPEC and --test SPEC together");
  set_threads(static_cast<int>(flags.threads));

  const std::filesystem::path page = std::filesystem::path(flags.run) / "report.html";
  ReportData report = run_report_data(flags.run);
  if (flags.train.empty()) {
    write_report(page, report);
    io.out << (flags.json ? Json{{"report", page.string()}}.dump() : page.string()) << "\n";
    return 0;
  }
  report.corpus = open_dataset(flags.train);
  report.queries = open_dataset(flags.test);
  const auto subjects = judge_all(flags, report.corpus, report.queries, io);
  for (const auto& column : columns()) report.columns.push_back(column.title);
  for (const auto& result : subjects.back().results) report.protocols.push_back(result.protocol_line());
  for (const auto& subject : subjects) {
    ReportRow row{.name = subject.name, .cells = {}};
    for (const auto& result : subject.results) {
      const auto& f = result.figures.at(0);
      row.cells.push_back({f.value, f.interval.low, f.interval.high});
      if (&subject == &subjects.back())
        for (const auto& warning : result.warnings) report.warnings.push_back(result.protocol + ": " + warning);
    }
    report.rows.push_back(std::move(row));
  }
  report.differences = differences(subjects);
  add_neighbours(subjects.back(), report);
  add_map(subjects.back(), report);
  report.commands.push_back(shell_command("report", arguments));
  write_report(page, report);

  if (flags.json) {
    io.out << summary_json(subjects, report.differences, page.string()).dump() << "\n";
  } else {
    print_table(subjects, report.differences, io.out);
    io.out << "\nreport: " << page.string() << "\n";
  }
  return 0;
}

}  // namespace kindred::cli
