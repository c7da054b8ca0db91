#include "engine_comparison.hpp"

#include "sma/core/tensor_buffer.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <random>
#include <span>
#include <stdexcept>
#include <vector>

namespace sma::app {
namespace {

/// Images of noise as an engine takes them, alike in every run.
class noise_images {
public:
    explicit noise_images(input_format const& format) {
        if (format.element == element_type::s8) throw std::invalid_argument("noise_images: f32 or bf16");
        std::mt19937 bits(1);
        for (std::size_t i = 0; i < images_.size(); ++i) {
            images_[i] = pool_->take(format);
            fill(images_[i], bits);
            pointers_[i] = images_[i].data();
        }
    }
    std::span<std::byte const* const> all() const { return pointers_; }
    std::span<std::byte const* const> one() const { return all().first(1); }

private:
    /// -2 to 2 in steps of 1/64, which bf16 has exactly: its bits are the upper half of a float's.
    static void fill(tensor_buffer& image, std::mt19937& bits) {
        auto* to = image.data();
        for (std::size_t n = image.format().elements(); n > 0; --n) {
            float const value = static_cast<float>(bits() >> 24U) / 64 - 2;
            if (image.format().element == element_type::f32) {
                std::memcpy(to, &value, sizeof value);
            } else {
                auto const upper = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U);
                std::memcpy(to, &upper, sizeof upper);
            }
            to += bytes_of(image.format().element);
        }
    }

    std::shared_ptr<tensor_pool> pool_ = std::make_shared<tensor_pool>(0);
    std::array<tensor_buffer, 2> images_;
    std::array<std::byte const*, 2> pointers_{};
};

/// Ends the calling thread's teams, which a load that fails would leave beside those of the model that serves.
class visit {
public:
    visit(engine::engine& a, engine::engine& b) : a_(a), b_(b) {}
    visit(visit const&) = delete;
    visit& operator=(visit const&) = delete;
    ~visit() {
        a_.release_thread();
        b_.release_thread();
    }

private:
    engine::engine& a_;
    engine::engine& b_;
};

std::vector<float> logits_of(engine::engine& e) {
    noise_images const images(e.input());
    std::vector<float> logits(images.all().size() * static_cast<std::size_t>(e.classes()));
    e.infer(images.all(), logits);
    return logits;
}

/// The fastest passes of an engine so far.
class stopwatch {
public:
    stopwatch(engine::engine& e, std::function<steady_time()> const& now)
        : engine_(e), now_(now), images_(e.input()), logits_(2 * static_cast<std::size_t>(e.classes())) {}

    void run() {
        one_ = std::min(one_, time_of(images_.one()));
        two_ = std::min(two_, time_of(images_.all()));
    }
    double one() const { return one_; }
    double two() const { return two_; }

private:
    double time_of(std::span<std::byte const* const> images) {
        auto const before = now_();
        engine_.infer(images, std::span(logits_).first(images.size() * static_cast<std::size_t>(engine_.classes())));
        return std::chrono::duration<double>(now_() - before).count();
    }

    engine::engine& engine_;
    std::function<steady_time()> const& now_;
    noise_images images_;
    std::vector<float> logits_;
    double one_ = std::numeric_limits<double>::infinity();
    double two_ = one_;
};

}  // namespace

double logit_difference(engine::engine& a, engine::engine& b) {
    visit const guard(a, b);
    auto const ours = logits_of(a);
    auto const theirs = logits_of(b);
    auto const second = theirs.begin() + static_cast<std::ptrdiff_t>(theirs.size() / 2);
    if (std::equal(theirs.begin(), second, second, theirs.end())) return std::numeric_limits<double>::infinity();
    double largest = 0;
    double difference = 0;
    for (std::size_t i = 0; i < theirs.size(); ++i) {
        if (!std::isfinite(ours[i]) || !std::isfinite(theirs[i])) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, std::abs(static_cast<double>(theirs[i])));
        difference = std::max(difference, std::abs(static_cast<double>(ours[i]) - theirs[i]));
    }
    return difference == 0 ? 0 : difference / largest;
}

std::string difference_text(double difference) {
    if (!std::isfinite(difference))
        return "its logits for noise prove nothing: some are not finite, or all images have the same, as in a network "
               "without training";
    std::array<char, 32> share{};
    std::snprintf(share.data(), share.size(), "%.2g", difference);
    return std::string("its logits for noise are off by ") + share.data() + " of the largest";
}

double time_ratio(engine::engine& a, engine::engine& b, std::function<steady_time()> const& now) {
    constexpr int turns_max = 20;
    constexpr std::chrono::seconds patience{1};
    visit const guard(a, b);
    stopwatch of_a(a, now);
    stopwatch of_b(b, now);
    auto const begun = now();
    for (int turn = 0; turn < turns_max && (turn == 0 || now() - begun < patience); ++turn) {
        of_a.run();
        of_b.run();
    }
    return std::max(of_a.one() / of_b.one(), of_a.two() / of_b.two());
}

}  // namespace sma::app
