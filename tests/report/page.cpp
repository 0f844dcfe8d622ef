// SPDX-License-Identifier: Apache-2.0
#include "tests/report/page.h"

#include <array>
#include <regex>
#include <set>
#include <stdexcept>

#include "kindred/data/memory_images.h"

namespace kindred::test {

DatasetPtr four_pictures() {
  MemoryImages images;
  images.info = {.name = "four",
                 .modality = Modality::kImage,
                 .channels = 1,
                 .height = 2,
                 .width = 3,
                 .features = 0,
                 .labelled = true,
                 .class_names = {"cat", "dog"}};
  for (int i = 0; i < 4; ++i) images.pixels.insert(images.pixels.end(), 6, static_cast<uint8_t>(10 * i));
  images.labels = {0, 1, 0, 1};
  images.parts = {{"four.idx", 0}};
  return memory_dataset(std::move(images));
}

ReportData full_report() {
  ReportData data;
  data.title = "SimCLR on four pictures";
  data.commands = {"kindred train --data four", "kindred eval --model run"};
  data.facts = {{"encoder", "convnet, 390 parameters"}, {"seed", "7"}};
  data.curves = {{"loss", "", {{20, 6.5}, {40, 5.25}}}, {"images_per_second", "images/s", {{20, 800}, {40, 900}}}};
  data.columns = {"kNN", "linear"};
  data.protocols = {"k = 20, cosine", "L-BFGS"};
  data.rows = {{"pixels", {{0.842, 0.835, 0.849}, {0.846, 0.839, 0.853}}},
               {"random convnet", {{0.814, 0.806, 0.821}, {0.816, 0.808, 0.823}}},
               {"trained", {{0.856, 0.849, 0.863}, {0.875, 0.868, 0.881}}}};
  data.differences = {{"pixels", "kNN", 0.014, 0.007, 0.021},
                      {"pixels", "linear", 0.029, 0.022, 0.036},
                      {"random convnet", "kNN", 0.042, 0.035, 0.049},
                      {"random convnet", "linear", 0.059, 0.052, 0.066}};
  data.neighbours = {{0, {2, 1}, {0.934, 0.5}}, {1, {3}, {0.8}}};
  data.map = {{0.5, -1, 0, 0}, {1.25, 2, 1, 1}, {-3, 0.125, 0, 2}};
  data.map_caption = "t-SNE of three samples";
  data.warnings = {"The loss stays at ln(2B - 1)."};
  data.queries = data.corpus = four_pictures();
  data.config_toml = "[run]\nseed = 7\n";
  return data;
}

int count(std::string_view text, std::string_view part) {
  int found = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

std::string markup(const std::string& html) {
  std::string rest = html;
  for (const std::string tag : {"script", "style"}) {
    for (size_t from = rest.find("<" + tag); from != std::string::npos; from = rest.find("<" + tag, from + 1)) {
      const size_t inside = rest.find('>', from) + 1;
      const size_t end = rest.find("</" + tag + ">", inside);
      if (end == std::string::npos) throw std::runtime_error("unclosed <" + tag + ">");
      rest.erase(inside, end - inside);
    }
  }
  return rest;
}

std::string nesting_fault(const std::string& markup) {
  const std::set<std::string> empty_elements{"meta", "img", "br", "link", "input", "hr"};
  static const std::regex tag(R"(<(/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^>"]|"[^"]*")*)>)");
  std::vector<std::string> open;
  for (std::sregex_iterator it(markup.begin(), markup.end(), tag), end; it != end; ++it) {
    const std::string name = (*it)[2];
    if (empty_elements.contains(name)) continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else if (open.empty() || open.back() != name) {
      return "</" + name + "> closes " + (open.empty() ? "nothing" : "<" + open.back() + ">");
    } else {
      open.pop_back();
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> is never closed";
}

std::vector<std::string> attributes(const std::string& markup, const std::string& name) {
  std::vector<std::string> values;
  const std::string start = " " + name + "=\"";
  for (size_t at = markup.find(start); at != std::string::npos; at = markup.find(start, at + 1)) {
    const size_t from = at + start.size();
    values.push_back(markup.substr(from, markup.find('"', from) - from));
  }
  return values;
}

nlohmann::json page_data(const std::string& html) {
  const std::string start = "<script type=\"application/json\" id=\"data\">";
  const size_t at = html.find(start);
  if (at == std::string::npos) throw std::runtime_error("the page has no data");
  const size_t from = at + start.size();
  return nlohmann::json::parse(html.substr(from, html.find("</script>", from) - from));
}

std::string base64_bytes(std::string_view text) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    if (c == '=') break;
    const size_t value = alphabet.find(c);
    if (value == std::string_view::npos) throw std::runtime_error("not base64");
    bits = (bits << 6 | static_cast<unsigned>(value)) & 0xffffu;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 0xffu);
    }
  }
  return bytes;
}

}  // namespace kindred::test
