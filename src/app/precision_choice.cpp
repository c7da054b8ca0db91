#include "precision_choice.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>

namespace sma::app {
namespace {

/// bf16 has 8 bits: an activation is off by up to 2^-9 of its size. Fifty layers whose errors are independent add up to
/// sqrt(50) times that, 0.014; four times as much is another network, or one that does not bear so few bits.
constexpr double bf16_tolerance = 0.05;

/// Less may be the machine's noise.
constexpr double clearly_less = 0.97;

std::string number_text(double number) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2g", number);
    return text.data();
}

struct comparison {
    bool is_for_bf16;
    std::string text;
};

comparison compare(engine::engine& fp32, engine::engine& bf16, std::function<steady_time()> const& now) {
    try {
        double const off = logit_difference(bf16, fp32);
        auto text = difference_text(off);
        if (!(off <= bf16_tolerance)) return {false, std::move(text)};
        double const share = time_ratio(bf16, fp32, now);
        return {share < clearly_less, text + " and it takes " + number_text(share) + " of the time"};
    } catch (std::exception const& e) {
        return {false, std::string("the two cannot be compared: ") + e.what()};
    }
}

}  // namespace

precision_choice choose_precision(std::unique_ptr<engine::engine> fp32, std::unique_ptr<engine::engine> bf16,
                                  std::function<steady_time()> const& now) {
    auto const found = compare(*fp32, *bf16, now);
    auto& chosen = found.is_for_bf16 ? bf16 : fp32;
    chosen->release_memory();
    auto const why =
        found.is_for_bf16 ? "precision = auto is bf16: beside fp32, " : "precision = auto is fp32, not bf16: ";
    return {std::move(chosen), {why + found.text, false}};
}

}  // namespace sma::app
