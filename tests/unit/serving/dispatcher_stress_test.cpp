#include "serving_fakes.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include "catch_result.hpp"

#include <random>
#include <stdexcept>
#include <thread>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

/// One request of the crowd, and what became of it.
struct visit {
    std::stop_source left;
    std::vector<float> numbers;
    queue_slot slot;
    std::atomic<int> answers{0};
    std::atomic<bool> right{true};

    void answered(result<inference_output> const& out) {
        if (out) {
            if (out->logits.size() != numbers.size()) right = false;
            for (std::size_t i = 0; i < out->logits.size(); ++i)
                if (out->logits[i] && *out->logits[i] != logits_of(numbers[i])) right = false;
        }
        slot = queue_slot();
        ++answers;
    }
};

/// Fails in every way an engine can, as the numbers in the batch say.
void misbehave(fake_engine::batch const& b) {
    for (auto const v : b) {
        auto const kind = static_cast<int>(v) % 50;
        if (kind == 7 && b.size() > 2) throw engine::out_of_memory("no room");
        if (kind == 11) throw std::bad_alloc();
        if (kind == 13) throw std::runtime_error("no luck");
    }
}

/// Submits `requests` requests; of some the client leaves, at once or later, some have hardly any time.
void crowd(dispatcher& d, std::vector<std::shared_ptr<model_instance>> const& models,
           boost::asio::thread_pool& executors, std::vector<visit>& visits, unsigned seed) {
    std::mt19937 random(seed);
    auto const below = [&](unsigned n) { return random() % n; };
    for (std::size_t i = 0; i < visits.size(); ++i) {
        auto& v = visits[i];
        for (auto n = 1 + below(5); n > 0; --n) v.numbers.push_back(static_cast<float>(below(1000)));
        request_context context;
        context.cancelled = v.left.get_token();
        if (below(4) == 0) context.deadline = std::chrono::steady_clock::now() + std::chrono::microseconds(below(3000));
        auto slot = d.reserve(v.numbers.size(), context.deadline);
        if (!slot) {
            ++v.answers;
            std::this_thread::yield();
            continue;
        }
        v.slot = std::move(*slot);
        if (below(10) == 0) v.left.request_stop();
        auto handler = [&v](result<inference_output> out) { v.answered(out); };
        d.async_infer(inference_request(std::move(context), models[below(2)], images_of(v.numbers)),
                      boost::asio::bind_executor(executors.get_executor(), std::move(handler)));
        if (below(3) == 0) visits[below(static_cast<unsigned>(i) + 1)].left.request_stop();
    }
}

void check_visits(std::vector<std::vector<visit>> const& visits) {
    auto wrong_count = 0;
    auto wrong_answer = 0;
    for (auto const& mine : visits)
        for (auto const& v : mine) {
            if (v.answers != 1) ++wrong_count;
            if (!v.right) ++wrong_answer;
        }
    CHECK(wrong_count == 0);
    CHECK(wrong_answer == 0);
}

std::vector<std::shared_ptr<model_instance>> two_models() {
    return {model_of(std::make_unique<fake_engine>(misbehave)), model_of(std::make_unique<fake_engine>(misbehave))};
}

}  // namespace

TEST_CASE("a crowd that fails, leaves and is late: each is answered once, and nothing remains",
          "[dispatcher][stress]") {
    constexpr std::size_t threads = 4;
    only_model_metrics m;
    auto const models = two_models();
    std::vector<std::vector<visit>> visits;
    for (std::size_t t = 0; t < threads; ++t) visits.emplace_back(3000);
    boost::asio::thread_pool executors(2);
    {
        auto options = batches_of(8);
        options.max_queue_size = 64;
        dispatcher d(options, m);
        std::vector<std::thread> people;
        for (std::size_t t = 0; t < threads; ++t)
            people.emplace_back([&, t] { crowd(d, models, executors, visits[t], static_cast<unsigned>(t) + 1); });
        for (auto& p : people) p.join();
        executors.join();
        CHECK(d.queue_depth() == 0);
        CHECK(d.makes_progress());
    }
    check_visits(visits);
    CHECK(m.queue_depth.Value() == 0);
    CHECK(m.oom_recoveries_total.Value() > 0);
    CHECK(m.images_total.Value() > 100);
    CHECK(m.cancelled_images_total.Value() > 0);
    for (auto const& model : models) CHECK(model.use_count() == 1);
}

TEST_CASE("destroyed under load, the dispatcher still answers everything", "[dispatcher][stress]") {
    for (unsigned round = 0; round < 20; ++round) {
        only_model_metrics m;
        auto const models = two_models();
        std::vector<std::vector<visit>> visits(1);
        visits[0] = std::vector<visit>(40);
        boost::asio::thread_pool inline_answers(1);
        auto options = batches_of(4);
        options.max_queue_size = 1000;
        auto d = std::make_unique<dispatcher>(options, m);
        for (auto& v : visits[0]) {
            v.numbers = {static_cast<float>(round), 2, 3};
            auto handler = [&v](result<inference_output> out) { v.answered(out); };
            d->async_infer(inference_request({}, models[round % 2], images_of(v.numbers)),
                           boost::asio::bind_executor(inline_answers.get_executor(), std::move(handler)));
        }
        d.reset();
        inline_answers.join();
        check_visits(visits);
        CHECK(m.queue_depth.Value() == 0);
    }
}
