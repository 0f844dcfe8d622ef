// SPDX-License-Identifier: Apache-2.0
// The errors of the library and the check that raises them.
//
// Form of every message, one line: "<who>: expected <what>, got <value>". The library throws; it never prints or exits.
// cli/main.cpp turns an Error into exit status 2.
#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>

namespace kindred {

// The root: anything a caller can do something about.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An argument, option or shape is outside what the function accepts.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

// The operating system refused: missing file, no permission, full disk. The message starts with the path.
class IoError : public Error {
 public:
  IoError(const std::string& path, const std::string& what) : Error(path + ": " + what) {}
};

// A file's content is not what its format promises. offset: byte position in the file, or -1 where it has no meaning.
class Corruption : public Error {
 public:
  Corruption(const std::string& path, int64_t offset, const std::string& what);
};

// A computation produced a value that is not finite. what(): the name of the first bad tensor.
class NonFinite : public Error {
 public:
  using Error::Error;
};

// The parts, streamed one after the other, as one string.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  out.precision(10);
  (out << ... << parts);
  return out.str();
}

// Throws InvalidArgument with the parts as its message unless ok. The message is built only on failure.
template <class... Parts>
void check(bool ok, const Parts&... parts) {
  if (!ok) [[unlikely]]
    throw InvalidArgument(concat(parts...));
}

// "No space left on device" for an errno value.
std::string errno_text(int error_number);

// a * b for sizes read from a file. Throws Corruption (path, offset) where the product does not fit.
int64_t checked_product(int64_t a, int64_t b, const std::string& path, int64_t offset);

}  // namespace kindred
