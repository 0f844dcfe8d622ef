// SPDX-License-Identifier: Apache-2.0
#include "kindred/cli/progress.h"

#include <cmath>
#include <cstdio>

namespace kindred::cli {
namespace {
constexpr int64_t kBarWidth = 24;
}

std::string duration_text(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "-";
  const auto whole = static_cast<int64_t>(seconds + 0.5);
  char text[48];
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", long(whole / 3600), long(whole / 60 % 60), long(whole % 60));
  else std::snprintf(text, sizeof text, "%ld:%02ld", long(whole / 60), long(whole % 60));
  return text;
}

void Progress::update(int64_t done, int64_t total, const std::string& detail) {
  if (!io_.terminal) return;
  const auto now = std::chrono::steady_clock::now();
  if (drawn_ && done < total && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  drawn_ = true;
  const double share = total > 0 ? static_cast<double>(done) / static_cast<double>(total) : 0;
  const auto filled = static_cast<int64_t>(share * kBarWidth);
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  io_.err << "\r\033[K" << what_ << " [" << std::string(filled, '#') << std::string(kBarWidth - filled, '.') << "] "
          << done << "/" << total;
  if (done > 0 && done < total) io_.err << "  " << duration_text(elapsed / share - elapsed) << " left";
  if (!detail.empty()) io_.err << "  " << detail;
  io_.err.flush();
}

void Progress::line(const std::string& text) {
  clear();
  io_.err << text << "\n";
  io_.err.flush();
}

void Progress::clear() {
  if (drawn_) io_.err << "\r\033[K" << std::flush;
  drawn_ = false;
}

}  // namespace kindred::cli
