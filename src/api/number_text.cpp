#include "number_text.hpp"

#include <charconv>

namespace sma::api {

void append_numbers(array_writer& to, std::span<float const> numbers) {
    constexpr std::size_t longest = 24;
    for (auto const number : numbers) {
        char digits[longest];
        auto const end = std::to_chars(digits, digits + longest, number).ptr;
        to.next().append(digits, end);
    }
}

}  // namespace sma::api
