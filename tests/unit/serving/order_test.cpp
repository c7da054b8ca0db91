// Tests of order: nothing of one image reaches another. Whatever happened to the images before it and beside it, and in
// whatever order they came, each gets its own logits or its own error.
#include "batch_runner.hpp"
#include "batch_size_cap.hpp"

#include "serving_fakes.hpp"

#include "catch_result.hpp"

#include <algorithm>
#include <limits>
#include <random>
#include <stdexcept>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

/// What becomes of an image, by the hundreds of its number.
enum class fate { fine, crowded, no_memory, broken, not_finite, fates };

fate fate_of(float v) { return static_cast<fate>(static_cast<int>(v) / 100); }
float number_of(fate f, unsigned index) {
    return static_cast<float>(100 * static_cast<int>(f) + static_cast<int>(index));
}

void let_fate_decide(fake_engine::batch const& b) {
    for (auto const v : b) {
        if (fate_of(v) == fate::crowded && b.size() > 1) throw engine::out_of_memory("too many");
        if (fate_of(v) == fate::no_memory) throw std::bad_alloc();
        if (fate_of(v) == fate::broken) throw std::runtime_error("no luck");
    }
}

/// Answers {v, v + 0.25, ...} with as many classes as it is told. Before it fails or answers it leaves something in
/// every row that looks like an answer.
class careless_engine : public fake_engine {
public:
    explicit careless_engine(int classes) : fake_engine(let_fate_decide), classes_(classes) {}

    int classes() const noexcept override { return classes_; }

    void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
        std::fill(logits.begin(), logits.end(), 12345.0F);
        std::vector<float> ignored(images.size() * fake_classes);
        fake_engine::infer(images, ignored);
        auto out = logits.begin();
        for (auto const* image : images)
            for (auto const x : row_of(number_in(image))) *out++ = x;
    }

    std::vector<float> row_of(float v) const {
        if (fate_of(v) == fate::not_finite) v = std::numeric_limits<float>::infinity();
        std::vector<float> row;
        for (int c = 0; c < classes_; ++c) row.push_back(v + 0.25F * static_cast<float>(c));
        return row;
    }

private:
    int classes_;
};

void check_answer(result<std::vector<float>> const& got, float number, careless_engine const& e) {
    INFO(number);
    switch (fate_of(number)) {
        case fate::no_memory:
            REQUIRE(got.has_error());
            CHECK(got.error().code == errc::out_of_memory);
            return;
        case fate::broken:
        case fate::not_finite:
            REQUIRE(got.has_error());
            CHECK(got.error().code == errc::inference_runtime_error);
            return;
        default:
            REQUIRE(got);
            CHECK(*got == e.row_of(number));
    }
}

class randomness {
public:
    unsigned below(unsigned n) { return generator_() % n; }

    /// Mostly fine.
    std::vector<float> numbers(unsigned count) {
        std::vector<float> all;
        for (; count > 0; --count) {
            auto const f = below(2) == 0 ? fate::fine : static_cast<fate>(below(static_cast<unsigned>(fate::fates)));
            all.push_back(number_of(f, below(100)));
        }
        return all;
    }

    template <class T>
    void shuffle(std::vector<T>& all) {
        std::shuffle(all.begin(), all.end(), generator_);
    }

private:
    std::mt19937 generator_{5};
};

struct request {
    std::shared_ptr<model_instance> model;
    std::vector<float> numbers;
    std::future<result<inference_output>> answer{};
};

/// Keeps the inference thread busy until open() is called, so that the test decides in what order the rest is queued.
class busy_engine {
public:
    explicit busy_engine(dispatcher& d)
        : answer_(infer(d, model_of(std::make_unique<fake_engine>([this](auto const&) { gate_.pass(); })), {0})) {
        gate_.wait_for_visitor();
    }
    void open() {
        gate_.open();
        answer_.get();
    }

private:
    gate gate_;
    std::future<result<inference_output>> answer_;
};

careless_engine const& engine_of(request const& r) { return dynamic_cast<careless_engine const&>(*r.model->engine); }

}  // namespace

TEST_CASE("a runner's batches, one after the other on two models: each image comes out as it would alone",
          "[batch_runner]") {
    only_model_metrics m;
    manual_clock clock;
    batch_runner runner(m, clock.reader());
    careless_engine narrow(2);
    careless_engine wide(5);
    randomness random;
    for (int round = 0; round < 300; ++round) {
        auto& e = random.below(2) == 0 ? narrow : wide;
        auto const numbers = random.numbers(1 + random.below(8));
        auto const images = images_of(numbers);
        std::vector<std::byte const*> inputs;
        for (auto const& i : images) inputs.push_back(i.data());
        std::vector<batch_runner::image_result> results(numbers.size());
        runner.run(e, inputs, results);
        for (std::size_t i = 0; i < numbers.size(); ++i) check_answer(results[i], numbers[i], e);
    }
}

TEST_CASE("requests in any order, on two models: each image is answered as it would be alone", "[dispatcher]") {
    only_model_metrics m;
    manual_clock clock;
    auto options = batches_of(8);
    options.max_queue_size = 1000;
    options.now = [&] {
        clock.advance(cap_growth_interval);  // so that after running out of memory batches soon are large again
        return clock.now();
    };
    dispatcher d(options, m);
    randomness random;
    auto const narrow = model_of(std::make_unique<careless_engine>(2));
    auto const wide = model_of(std::make_unique<careless_engine>(5));
    std::vector<request> requests;
    for (int i = 0; i < 30; ++i)
        requests.push_back({random.below(8) == 0 ? wide : narrow, random.numbers(1 + random.below(5))});
    for (int round = 0; round < 50; ++round) {
        random.shuffle(requests);
        busy_engine busy(d);
        for (auto& r : requests) r.answer = infer(d, r.model, r.numbers);
        busy.open();
        for (auto& r : requests) {
            auto const out = r.answer.get();
            REQUIRE(out);
            REQUIRE(out->logits.size() == r.numbers.size());
            for (std::size_t i = 0; i < r.numbers.size(); ++i) check_answer(out->logits[i], r.numbers[i], engine_of(r));
        }
    }
    CHECK(m.oom_recoveries_total.Value() > 0);
}
