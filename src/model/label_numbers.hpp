// Search for class numbers within the lines of a label file that would be read as one name a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sma::model {

/// "begins" or "ends" if every line, of two or more, does so with its own number, counted from 0 or 1, and a separator:
/// "0,tench", "1: tench", "2 crane", "\"0\",\"tench\"" or "tench,0". Empty for names: those that are numbers ("7"),
/// ranges and decimals ("0-1", "1.5"), and folders with padded numbers ("001.ak47"; before , ; and : they count).
std::string_view own_number_place(std::vector<std::string> const& lines);

}  // namespace sma::model
