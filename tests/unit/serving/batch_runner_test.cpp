#include "batch_runner.hpp"

#include "serving_fakes.hpp"

#include "catch_result.hpp"

#include <limits>
#include <stdexcept>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

/// Every image that is even wants an embedding and two maps.
struct half_wanted {
    explicit half_wanted(std::vector<float> const& numbers) : seen(numbers.size()) {
        for (std::size_t i = 0; i < numbers.size(); ++i)
            orders.push_back({wants(numbers[i]) ? wanted_features{true, 2} : wanted_features{}, &seen[i]});
    }
    static bool wants(float v) { return static_cast<int>(v) % 2 == 0; }

    /// The classes of v, most probable first, are 2, 1, 0.
    bool is_right(std::size_t i, float v) const {
        auto const& f = seen[i];
        if (!wants(v)) return f.embedding.empty() && f.maps.empty();
        return f.embedding == std::vector<float>{v, -v} && f.maps.size() == 2 && f.maps[0].class_index == 2 &&
               f.maps[0].values == std::vector<float>{v + 2, v - 2} && f.maps[1].class_index == 1 &&
               f.maps[1].values == std::vector<float>{v + 1, v - 1};
    }
    bool all_right(std::vector<float> const& numbers) const {
        for (std::size_t i = 0; i < numbers.size(); ++i)
            if (!is_right(i, numbers[i])) return false;
        return true;
    }

    std::vector<image_features> seen;
    std::vector<feature_order> orders;
};

struct run_of {
    only_model_metrics m;
    manual_clock clock;
    batch_runner runner{m, clock.reader()};
    std::vector<batch_runner::image_result> results;
    run_report report;

    run_of(engine::engine& e, std::vector<float> const& numbers, std::span<feature_order const> orders = {}) {
        auto const images = images_of(numbers);
        std::vector<std::byte const*> inputs;
        for (auto const& i : images) inputs.push_back(i.data());
        results.resize(numbers.size());
        report = runner.run(e, inputs, results, orders);
    }
    bool all_right(std::vector<float> const& numbers) const {
        for (std::size_t i = 0; i < numbers.size(); ++i)
            if (!results[i] || *results[i] != logits_of(numbers[i])) return false;
        return true;
    }
};

std::vector<float> const eight{1, 2, 3, 4, 5, 6, 7, 8};

std::vector<std::size_t> sizes(fake_engine const& e) {
    std::vector<std::size_t> s;
    for (auto const& p : e.passes()) s.push_back(p.size());
    return s;
}

auto fits(std::size_t images_max) {
    return [images_max](fake_engine::batch const& b) {
        if (b.size() > images_max) throw engine::out_of_memory("no room");
    };
}

}  // namespace

TEST_CASE("a batch that works is one pass", "[batch_runner]") {
    fake_engine e;
    run_of const r(e, eight);
    CHECK(r.all_right(eight));
    CHECK(sizes(e) == std::vector<std::size_t>{8});
    CHECK(r.report.clean_pass);
    CHECK_FALSE(r.report.ran_out_of_memory);
    CHECK(e.releases == 0);
}

TEST_CASE("too little memory for a batch: in halves until it fits, and every image is answered", "[batch_runner]") {
    fake_engine e(fits(3));
    run_of const r(e, eight);
    CHECK(r.all_right(eight));
    CHECK(sizes(e) == std::vector<std::size_t>{2, 2, 2, 2});
    CHECK(r.report.ran_out_of_memory);
    CHECK(r.report.largest_pass == 2);
    CHECK_FALSE(r.report.clean_pass);
    CHECK(e.releases >= 1);
}

TEST_CASE("batch 8 fails and batch 1 works: every image is answered", "[batch_runner]") {
    fake_engine e(fits(1));
    run_of const r(e, eight);
    CHECK(r.all_right(eight));
    CHECK(sizes(e) == std::vector<std::size_t>(8, 1));
}

TEST_CASE("an odd batch loses nobody", "[batch_runner]") {
    std::vector<float> const seven{1, 2, 3, 4, 5, 6, 7};
    fake_engine e(fits(2));
    CHECK(run_of(e, seven).all_right(seven));
}

TEST_CASE("only the image that fails alone is out of memory", "[batch_runner]") {
    fake_engine e([](auto const& b) {
        for (auto const v : b)
            if (v == 5) throw std::bad_alloc();
    });
    run_of const r(e, eight);
    for (std::size_t i = 0; i < eight.size(); ++i) {
        INFO(i);
        if (eight[i] == 5) {
            REQUIRE(r.results[i].has_error());
            CHECK(r.results[i].error().code == errc::out_of_memory);
            CHECK(r.results[i].error().retry_after_s.has_value());
        } else {
            CHECK(*r.results[i] == logits_of(eight[i]));
        }
    }
}

TEST_CASE("an image alone is tried again once the engine has let its caches go", "[batch_runner]") {
    fake_engine* self = nullptr;
    fake_engine e([&](auto const&) {
        if (self->releases == 0) throw std::bad_alloc();
    });
    self = &e;
    CHECK(run_of(e, {1}).all_right({1}));
}

TEST_CASE("any other exception fails its own image only", "[batch_runner]") {
    fake_engine e([](auto const& b) {
        for (auto const v : b)
            if (v == 3) throw std::runtime_error("a primitive failed");
    });
    run_of const r(e, eight);
    for (std::size_t i = 0; i < eight.size(); ++i) {
        INFO(i);
        if (eight[i] == 3) {
            CHECK(r.results[i].error().code == errc::inference_runtime_error);
            CHECK(r.results[i].error().message.find("primitive") == std::string::npos);
        } else {
            CHECK(*r.results[i] == logits_of(eight[i]));
        }
    }
    REQUIRE(r.report.failures.size() == 1);
    CHECK(r.report.failures[0].index == 2);
    CHECK(r.report.failures[0].what == "a primitive failed");
    CHECK_FALSE(r.runner.pass_started());
}

TEST_CASE("features go to the images that want them, and cost nothing where none does", "[batch_runner]") {
    fake_engine e;
    half_wanted wanted(eight);
    CHECK(run_of(e, eight, wanted.orders).all_right(eight));
    CHECK(wanted.all_right(eight));
    CHECK(e.passes_with_features == 1);
    CHECK(run_of(e, eight).all_right(eight));
    CHECK(e.passes_with_features == 1);
}

TEST_CASE("a batch in halves and images alone keep their features", "[batch_runner]") {
    fake_engine small(fits(3));
    half_wanted halved(eight);
    CHECK(run_of(small, eight, halved.orders).all_right(eight));
    CHECK(halved.all_right(eight));

    fake_engine picky([](auto const& b) {
        for (auto const v : b)
            if (v == 4) throw std::runtime_error("a primitive failed");
    });
    half_wanted alone(eight);
    run_of const r(picky, eight, alone.orders);
    CHECK(r.results[3].has_error());
    for (std::size_t i = 0; i < eight.size(); ++i)
        if (i != 3) CHECK(alone.is_right(i, eight[i]));
}

TEST_CASE("all classes have a map where fewer than asked for are there", "[batch_runner]") {
    fake_engine e;
    image_features seen;
    std::vector<feature_order> const orders{{{false, 10}, &seen}};
    run_of const r(e, {5}, orders);
    CHECK(seen.maps.size() == fake_classes);
    CHECK(seen.embedding.empty());
}

TEST_CASE("what is not even an exception object is survived", "[batch_runner]") {
    fake_engine e([](auto const&) { throw 42; });
    CHECK(run_of(e, {1}).results[0].error().code == errc::inference_runtime_error);
}

TEST_CASE("logits that are not finite are an error of their image", "[batch_runner]") {
    fake_engine e;
    auto const nan = std::numeric_limits<float>::quiet_NaN();
    auto const inf = std::numeric_limits<float>::infinity();
    run_of const r(e, {1, nan, 2, inf});
    CHECK(*r.results[0] == logits_of(1));
    CHECK(r.results[1].error().code == errc::inference_runtime_error);
    CHECK(*r.results[2] == logits_of(2));
    CHECK(r.results[3].error().code == errc::inference_runtime_error);
}

TEST_CASE("a row that the engine forgot is never another request's answer", "[batch_runner]") {
    struct forgetful : fake_engine {
        void infer(std::span<std::byte const* const> images, std::span<float> logits) override {
            auto const rows = images.size() > 1 ? images.size() - 1 : 1;
            fake_engine::infer(images.first(rows), logits.first(rows * fake_classes));
        }
    } e;
    run_of const r(e, {7, 8});
    CHECK(*r.results[0] == logits_of(7));
    CHECK(r.results[1].error().code == errc::inference_runtime_error);
}
