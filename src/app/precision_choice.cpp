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

/// Empty if bf16 is to run. `what` it is then tells of that.
std::string why_not(engine::engine& fp32, engine::engine& bf16, std::function<steady_time()> const& now,
                    std::string& what) {
    try {
        double const off = logit_difference(bf16, fp32);
        what = "its logits for noise are off by " + number_text(off) + " of the largest";
        if (!(off <= bf16_tolerance)) return what;
        double const share = time_ratio(bf16, fp32, now);
        what += " and it takes " + number_text(share) + " of the time";
        return share < clearly_less ? "" : what;
    } catch (std::exception const& e) {
        return std::string("it does not run: ") + e.what();
    }
}

}  // namespace

precision_choice choose_precision(std::unique_ptr<engine::engine> fp32, std::unique_ptr<engine::engine> bf16,
                                  std::function<steady_time()> const& now) {
    std::string what;
    auto const why = why_not(*fp32, *bf16, now, what);
    if (why.empty()) return {std::move(bf16), {"precision = auto is bf16: beside fp32, " + what, false}};
    fp32->release_memory();
    return {std::move(fp32), {"precision = auto is fp32, not bf16: " + why, false}};
}

}  // namespace sma::app
