// Tests of the comparison of two engines, by which a ResNet in a file is let onto ours.
#include "own_engine.hpp"

#include "catch.hpp"

#include <cmath>

using namespace sma;
using Catch::Approx;

namespace {

/// Answers the first two values of each image, the second times `factor`.
class fake_engine final : public engine::engine {
public:
    explicit fake_engine(float factor) : factor_(factor) { format_.height = format_.width = 4; }

    sma::engine::description const& describe() const noexcept override { return description_; }
    input_format const& input() const noexcept override { return format_; }
    int classes() const noexcept override { return 2; }
    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        for (std::size_t i = 0; i < images.size(); ++i) {
            auto const* const values = reinterpret_cast<float const*>(images[i]);
            logits[2 * i] = values[0];
            logits[2 * i + 1] = factor_ * values[1];
        }
        images_seen = images.size();
    }
    void release_memory() noexcept override {}

    std::size_t images_seen = 0;

private:
    float factor_;
    sma::engine::description description_;
    input_format format_;
};

}  // namespace

TEST_CASE("two engines are compared by the share of the largest logit", "[own_engine]") {
    fake_engine one(1);
    fake_engine same(1);
    CHECK(app::logit_difference(one, same) == 0);
    CHECK(one.images_seen == 2);
    fake_engine other(1.5F);
    auto const off = app::logit_difference(other, one);
    CHECK(off == Approx(0.5));
    fake_engine broken(NAN);
    CHECK(std::isinf(app::logit_difference(broken, one)));
    CHECK(std::isinf(app::logit_difference(one, broken)));
    // An engine that answers nothing but zeros proves nothing.
    fake_engine silent(0);
    CHECK(app::logit_difference(silent, one) > 1e-3);
}
