// SPDX-License-Identifier: Apache-2.0
// Progress for people: one line redrawn on a terminal, plain lines now and then elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "kindred/cli/command.h"

namespace kindred::cli {

class Progress {
 public:
  Progress(Io& io, std::string what) : io_(io), what_(std::move(what)) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Redraws at most ten times a second; on a pipe it prints nothing (use line()).
  void update(int64_t done, int64_t total, const std::string& detail = {});
  // A full line that stays.
  void line(const std::string& text);
  void clear();

 private:
  Io& io_;
  std::string what_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// "1:05", "2:03:10".
std::string duration_text(double seconds);

}  // namespace kindred::cli
