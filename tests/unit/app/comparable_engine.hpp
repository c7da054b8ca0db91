// Engine of four by four pixels whose answers and passes a test sets.
#pragma once

#include "sma/core/request_context.hpp"
#include "sma/engine/engine.hpp"

#include <bit>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace sma::test {

/// A clock that passes of engines move on.
struct pass_clock {
    steady_time now{};
};

/// Answers the first two values of each image, the second times `factor`.
class comparable_engine final : public engine::engine {
public:
    explicit comparable_engine(float factor, element_type element = element_type::f32) : factor_(factor) {
        format_.height = format_.width = 4;
        format_.element = element;
        description_.precision = element == element_type::bf16 ? "bf16" : "fp32";
    }

    sma::engine::description const& describe() const noexcept override { return description_; }
    input_format const& input() const noexcept override { return format_; }
    int classes() const noexcept override { return 2; }
    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        has_thread = true;
        if (fails) throw std::runtime_error("no such operator");
        for (std::size_t i = 0; i < images.size(); ++i) {
            logits[2 * i] = is_trained ? value(images[i], 0) : 0;
            logits[2 * i + 1] = is_trained ? factor_ * value(images[i], 1) : 0;
        }
        images_seen = images.size();
        if (clock != nullptr) clock->now += images.size() == 1 ? of_one : of_two;
    }
    void release_memory() noexcept override {}
    void release_thread() noexcept override { has_thread = false; }

    std::size_t images_seen = 0;
    bool has_thread = false;  ///< since infer(), until release_thread()
    bool fails = false;
    bool is_trained = true;  ///< false: all logits are 0
    pass_clock* clock = nullptr;
    std::chrono::milliseconds of_one{10}, of_two{20};

private:
    float value(std::byte const* image, std::size_t i) const {
        std::uint32_t bits = 0;
        std::size_t const bytes = bytes_of(format_.element);
        std::memcpy(&bits, image + i * bytes, bytes);
        return std::bit_cast<float>(format_.element == element_type::bf16 ? bits << 16U : bits);
    }

    float factor_;
    sma::engine::description description_;
    input_format format_;
};

}  // namespace sma::test
