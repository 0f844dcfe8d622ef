// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kindred {

// The names that a pattern with braces stands for, in order: "s-{08..10}.tar" is s-08.tar, s-09.tar, s-10.tar (as many
// digits as the first number has), "{train,val}.tar" is two names; several braces multiply, the last runs fastest.
// Without braces: the text itself. Throws InvalidArgument (a brace without end, a range that falls, more than a million).
std::vector<std::string> expand_braces(std::string_view text);

}  // namespace kindred
