#include "batch_queue.hpp"

#include "serving_fakes.hpp"

#include "catch_result.hpp"

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

auto const t0 = steady_time(1h);

struct fixture {
    std::shared_ptr<model_instance> model = model_of(std::make_unique<fake_engine>());
    service_estimate estimate{8};
    batch_queue queue;
    batch out;

    void push(std::vector<float> const& numbers, request_context context = {}, std::shared_ptr<model_instance> m = {}) {
        auto r = std::make_unique<pending_request>(
            inference_request(std::move(context), m ? m : model, images_of(numbers)), t0);
        queue.push(r);
    }
    std::vector<float> take(int size_max, steady_time now = t0) {
        out.clear();
        queue.take(size_max, estimate, now, out);
        std::vector<float> numbers;
        for (auto const& [from, index] : out.items) numbers.push_back(number_in(from->request.images[index].data()));
        return numbers;
    }
};

}  // namespace

TEST_CASE("batches are filled in order, across requests and within them", "[batch_queue]") {
    fixture f;
    f.push({1, 2, 3});
    f.push({4});
    f.push({5, 6, 7, 8, 9});
    CHECK(f.queue.view().images == 9);
    CHECK(f.take(2) == std::vector<float>{1, 2});
    CHECK(f.out.last_of.empty());
    CHECK(f.take(4) == std::vector<float>{3, 4, 5, 6});
    CHECK(f.out.last_of.size() == 2);
    CHECK(f.take(8) == std::vector<float>{7, 8, 9});
    CHECK(f.queue.view().images == 0);
    CHECK(f.take(8).empty());
}

TEST_CASE("a batch holds one model's images", "[batch_queue]") {
    fixture f;
    auto const other = model_of(std::make_unique<fake_engine>());
    f.push({1});
    f.push({2}, {}, other);
    f.push({3}, {}, other);
    f.push({4});
    CHECK(f.take(8) == std::vector<float>{1});
    CHECK(f.take(8) == std::vector<float>{2, 3});
    CHECK(f.out.model == other);
    CHECK(f.take(8) == std::vector<float>{4});
}

TEST_CASE("what nobody waits for any more is not put into a batch", "[batch_queue]") {
    fixture f;
    std::stop_source left;
    request_context gone;
    gone.cancelled = left.get_token();
    f.push({1}, gone);
    f.push({2}, with_deadline(t0 + 10ms));
    f.push({3});
    left.request_stop();
    CHECK(f.take(8, t0 + 10ms) == std::vector<float>{3});
    REQUIRE(f.out.dropped.size() == 2);
    CHECK(f.out.dropped[0]->cancelled == 1);
    CHECK(f.out.dropped[0]->take_answer(t0).error().code == errc::client_closed_request);
    CHECK(f.out.dropped[1]->expired == 1);
    CHECK(f.out.dropped[1]->take_answer(t0).error().code == errc::deadline_exceeded);
    CHECK(f.queue.view().images == 0);
}

TEST_CASE("a deadline that the estimate says cannot be met is not tried", "[batch_queue]") {
    fixture f;
    f.estimate.add_pass(1, 100ms, t0);
    f.push({1}, with_deadline(t0 + 105ms));
    f.push({2}, with_deadline(t0 + 120ms));
    CHECK(f.take(8) == std::vector<float>{2});
    REQUIRE(f.out.dropped.size() == 1);
    CHECK(f.out.dropped[0]->take_answer(t0).error().code == errc::deadline_exceeded);
}

TEST_CASE("an estimate that is old does not lock anything out", "[batch_queue]") {
    fixture f;
    f.estimate.add_pass(1, 60s, t0);
    auto const later = t0 + estimate_lifetime;
    f.push({1}, with_deadline(later + 1s));
    CHECK(f.take(8, later) == std::vector<float>{1});
}

TEST_CASE("a batch grows only while the tightest deadline in it can be met", "[batch_queue]") {
    fixture f;
    f.estimate.add_pass(1, 10ms, t0);
    f.push({1}, with_deadline(t0 + 35ms));
    f.push({2, 3, 4, 5}, with_deadline(t0 + 1s));
    CHECK(f.take(8) == std::vector<float>{1, 2, 3});
    CHECK(f.take(8) == std::vector<float>{4, 5});
}

TEST_CASE("a request of which one part was run and the rest dropped has both in its answer", "[batch_queue]") {
    fixture f;
    f.push({1, 2}, with_deadline(t0 + 50ms));
    CHECK(f.take(1) == std::vector<float>{1});
    f.out.items[0].from->logits[0] = logits_of(1);
    f.estimate.add_pass(1, 100ms, t0);
    CHECK(f.take(1).empty());
    REQUIRE(f.out.dropped.size() == 1);
    auto const answer = f.out.dropped[0]->take_answer(t0 + 10ms);
    REQUIRE(answer);
    CHECK(*answer->logits[0] == logits_of(1));
    CHECK(answer->logits[1].error().code == errc::deadline_exceeded);
}

TEST_CASE("logits that come after the deadline are not an answer", "[batch_queue]") {
    fixture f;
    f.push({1}, with_deadline(t0 + 50ms));
    f.take(1);
    f.out.items[0].from->logits[0] = logits_of(1);
    auto& r = *f.out.last_of[0];
    CHECK(r.take_answer(t0 + 50ms).error().code == errc::deadline_exceeded);
    CHECK(r.expired == 1);
}
