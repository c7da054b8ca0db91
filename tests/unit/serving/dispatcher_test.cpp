#include "sma/serving/dispatcher.hpp"

#include "serving_fakes.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include "catch_result.hpp"

#include <thread>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;
using Catch::Approx;

namespace {

/// A dispatcher whose first pass is held at the gate, so that the test decides what waits behind it.
struct held_dispatcher {
    explicit held_dispatcher(dispatcher_options options = batches_of(8)) : d(with_clock(std::move(options)), m) {
        first = infer(d, model, {0});
        hold.wait_for_visitor();
    }
    ~held_dispatcher() { hold.open(); }

    dispatcher_options with_clock(dispatcher_options o) {
        o.now = clock.reader();
        return o;
    }

    only_model_metrics m;
    manual_clock clock;
    gate hold;
    fake_engine* engine = new fake_engine([this](auto const& b) {
        if (b.front() == 0) hold.pass();
        clock.advance(pass_takes);
    });
    std::shared_ptr<model_instance> model = model_of(std::unique_ptr<engine::engine>(engine));
    std::chrono::milliseconds pass_takes{0};
    std::future<result<inference_output>> first;
    dispatcher d;
};

boost::asio::awaitable<void> infer_here(dispatcher& d, inference_request request, std::thread::id& resumed_on,
                                        int& answers, errc& code) {
    auto out = co_await d.async_infer(std::move(request), boost::asio::use_awaitable);
    resumed_on = std::this_thread::get_id();
    if (out.has_error()) code = out.error().code;
    ++answers;
}

}  // namespace

TEST_CASE("an image's logits come back", "[dispatcher]") {
    only_model_metrics m;
    dispatcher d(batches_of(8), m);
    auto const model = model_of(std::make_unique<fake_engine>());
    auto const out = infer(d, model, {42}).get();
    REQUIRE(out);
    REQUIRE(out->logits.size() == 1);
    CHECK(*out->logits[0] == logits_of(42));
    CHECK(out->batch_size == 1);
    CHECK(out->queue_ms >= 0);
    CHECK(out->infer_ms >= 0);
    CHECK(m.images_total.Value() == 1);
    CHECK(m.batches_total.Value() == 1);
}

TEST_CASE("what waits while the engine works goes into the next batch together", "[dispatcher]") {
    held_dispatcher h;
    std::vector<std::future<result<inference_output>>> waiting;
    for (int i = 1; i <= 10; ++i) waiting.push_back(infer(h.d, h.model, {static_cast<float>(i)}));
    h.hold.open();
    for (int i = 1; i <= 10; ++i) {
        auto const out = waiting[static_cast<std::size_t>(i - 1)].get();
        REQUIRE(out);
        CHECK(*out->logits[0] == logits_of(static_cast<float>(i)));
        CHECK(out->batch_size == (i <= 8 ? 8 : 2));
    }
    CHECK(h.engine->passes() == std::vector<fake_engine::batch>{{0}, {1, 2, 3, 4, 5, 6, 7, 8}, {9, 10}});
}

TEST_CASE("a request with many images is spread over batches and answered in order", "[dispatcher]") {
    held_dispatcher h(batches_of(2));
    auto answer = infer(h.d, h.model, {1, 2, 3, 4, 5});
    auto next = infer(h.d, h.model, {6});
    h.hold.open();
    auto const out = answer.get();
    REQUIRE(out);
    REQUIRE(out->logits.size() == 5);
    for (std::size_t i = 0; i < 5; ++i) CHECK(*out->logits[i] == logits_of(static_cast<float>(i + 1)));
    CHECK(*next.get()->logits[0] == logits_of(6));
    CHECK(h.engine->passes() == std::vector<fake_engine::batch>{{0}, {1, 2}, {3, 4}, {5, 6}});
}

TEST_CASE("each request runs on the model it was made for", "[dispatcher]") {
    held_dispatcher h;
    auto* const newer_engine = new fake_engine;
    auto const newer = model_of(std::unique_ptr<engine::engine>(newer_engine));
    auto a = infer(h.d, h.model, {1});
    auto b = infer(h.d, newer, {2});
    auto c = infer(h.d, newer, {3});
    h.hold.open();
    CHECK(a.get());
    CHECK(b.get());
    CHECK(c.get());
    CHECK(h.engine->passes() == std::vector<fake_engine::batch>{{0}, {1}});
    CHECK(newer_engine->passes() == std::vector<fake_engine::batch>{{2, 3}});
}

TEST_CASE("the client that left costs no forward pass", "[dispatcher]") {
    held_dispatcher h;
    std::stop_source left;
    request_context context;
    context.cancelled = left.get_token();
    auto gone = infer(h.d, h.model, {1, 2}, context);
    auto stays = infer(h.d, h.model, {3});
    left.request_stop();
    h.hold.open();
    CHECK(gone.get().error().code == errc::client_closed_request);
    CHECK(stays.get());
    CHECK(h.engine->passes() == std::vector<fake_engine::batch>{{0}, {3}});
    CHECK(h.m.cancelled_images_total.Value() == 2);
}

TEST_CASE("what expired in the queue is not run", "[dispatcher]") {
    held_dispatcher h;
    auto late = infer(h.d, h.model, {1}, with_deadline(h.clock.now() + 50ms));
    auto in_time = infer(h.d, h.model, {2}, with_deadline(h.clock.now() + 1h));
    h.clock.advance(50ms);
    h.hold.open();
    CHECK(late.get().error().code == errc::deadline_exceeded);
    CHECK(in_time.get());
    CHECK(h.engine->passes() == std::vector<fake_engine::batch>{{0}, {2}});
    CHECK(h.m.expired_images_total.Value() == 1);
}

TEST_CASE("what the estimate says comes too late is not started", "[dispatcher]") {
    held_dispatcher h;
    h.pass_takes = 100ms;
    auto late = infer(h.d, h.model, {1}, with_deadline(h.clock.now() + 150ms));
    auto in_time = infer(h.d, h.model, {2}, with_deadline(h.clock.now() + 250ms));
    h.hold.open();
    CHECK(late.get().error().code == errc::deadline_exceeded);
    CHECK(in_time.get());
    CHECK(h.engine->passes() == std::vector<fake_engine::batch>{{0}, {2}});
}

TEST_CASE("a forward pass that ends after the deadline is no answer", "[dispatcher]") {
    held_dispatcher h;
    h.clock.advance(1s);
    auto slow = infer(h.d, h.model, {1}, with_deadline(h.clock.now() + 1s));
    h.pass_takes = 2s;
    h.hold.open();
    CHECK(slow.get().error().code == errc::deadline_exceeded);
}

TEST_CASE("capacity is bounded in images and comes back", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(8);
    options.max_queue_size = 10;
    dispatcher d(options, m);
    auto const never = steady_time::max();
    {
        auto a = d.reserve(6, never);
        auto b = d.reserve(4, never);
        REQUIRE(a);
        REQUIRE(b);
        CHECK(d.queue_depth() == 10);
        CHECK(m.queue_depth.Value() == 10);
        CHECK(d.check(1, never).error().code == errc::queue_full);
        auto const refused = d.reserve(1, never);
        REQUIRE(refused.has_error());
        CHECK(refused.error().code == errc::queue_full);
        CHECK(refused.error().retry_after_s == 1U);

        a->shrink_to(2);
        CHECK(d.queue_depth() == 6);
        a->shrink_to(5);
        CHECK(a->images() == 2);
        CHECK(d.check(4, never));
        queue_slot moved(std::move(*b));
        b = std::move(moved);
        CHECK(d.queue_depth() == 6);
        *b = queue_slot();
        CHECK(d.queue_depth() == 2);
    }
    CHECK(d.queue_depth() == 0);
    CHECK(m.queue_depth.Value() == 0);
}

TEST_CASE("more than the queue holds is refused even without a reservation", "[dispatcher]") {
    auto options = batches_of(8);
    options.max_queue_size = 4;
    held_dispatcher h(options);
    auto a = infer(h.d, h.model, {1, 2, 3});
    auto b = infer(h.d, h.model, {4, 5});
    CHECK(b.get().error().code == errc::queue_full);
    h.hold.open();
    CHECK(a.get());
}

TEST_CASE("the service rate is what was measured, and Retry-After and early refusals follow from it", "[dispatcher]") {
    auto options = batches_of(8);
    options.max_queue_size = 100;
    held_dispatcher h(options);
    h.pass_takes = 200ms;
    h.hold.open();
    CHECK(h.first.get());
    CHECK(h.d.service_rate() == Approx(5));

    auto const never = steady_time::max();
    auto slot = h.d.reserve(95, never);
    REQUIRE(slot);
    CHECK(h.d.reserve(10, never).error().retry_after_s == 19U);
    CHECK(h.d.check(1, h.clock.now() + 1s).error().code == errc::deadline_exceeded);
    CHECK(h.d.check(1, h.clock.now() + 30s));
    // Nothing measured for long: only the bound counts.
    h.clock.advance(10s);
    CHECK(h.d.check(1, h.clock.now() + 1s));
}

TEST_CASE("while images are being decoded the free engine waits for them", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(4);
    options.batch.max_decode_delay = 1h;
    dispatcher d(options, m);
    auto* const engine = new fake_engine;
    auto const model = model_of(std::unique_ptr<engine::engine>(engine));
    auto const request = [&](float number, result<queue_slot>& slot) {
        inference_request r({}, model, images_of({number}));
        r.slot = std::move(*slot);
        return d.async_infer(std::move(r), boost::asio::use_future);
    };
    auto a = d.reserve(1, steady_time::max());
    auto b = d.reserve(1, steady_time::max());
    auto broken = d.reserve(2, steady_time::max());
    auto first = request(1, a);
    auto second = request(2, b);
    CHECK(first.wait_for(0s) == std::future_status::timeout);
    CHECK(d.queue_depth() == 4);
    broken->shrink_to(1);
    CHECK(first.wait_for(0s) == std::future_status::timeout);

    SECTION("what did not decode is not waited for") { broken->shrink_to(0); }
    SECTION("what decoded comes along") {
        auto third = request(3, broken);
        CHECK(third.get());
    }
    CHECK(first.get());
    CHECK(second.get());
    CHECK(engine->passes().size() == 1);
    CHECK(d.queue_depth() == 0);
    CHECK(m.queue_depth.Value() == 0);
}

TEST_CASE("a request that spans batches does not wait for its own images", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(2);
    options.batch.max_decode_delay = 1h;
    dispatcher d(options, m);
    auto* const engine = new fake_engine;
    auto const model = model_of(std::unique_ptr<engine::engine>(engine));
    auto slot = d.reserve(3, steady_time::max());
    inference_request r({}, model, images_of({1, 2, 3}));
    r.slot = std::move(*slot);
    CHECK(d.async_infer(std::move(r), boost::asio::use_future).get());
    CHECK(engine->passes() == std::vector<fake_engine::batch>{{1, 2}, {3}});
    CHECK(d.queue_depth() == 0);
}

TEST_CASE("a pass waits until no image is being decoded", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(2);
    options.arbiter = std::make_shared<cpu_arbiter>(cpu_arbiter_limits{1h, 1h});
    dispatcher d(options, m);
    auto decoding = std::make_optional<cpu_arbiter::decoding>(options.arbiter.get());
    auto const model = model_of(std::make_unique<fake_engine>());
    auto answer = infer(d, model, {1});
    CHECK(answer.wait_for(0s) == std::future_status::timeout);
    decoding.reset();
    CHECK(answer.get());
}

TEST_CASE("waiting for company: until the batch is full", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(2);
    options.batch.max_queue_delay = 1h;
    dispatcher d(options, m);
    auto* const engine = new fake_engine;
    auto const model = model_of(std::unique_ptr<engine::engine>(engine));
    auto a = infer(d, model, {1});
    CHECK(a.wait_for(0s) == std::future_status::timeout);
    auto b = infer(d, model, {2});
    CHECK(a.get());
    CHECK(b.get());
    CHECK(engine->passes() == std::vector<fake_engine::batch>{{1, 2}});
}

TEST_CASE("waiting for company: until the delay is over", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(8);
    options.batch.max_queue_delay = 2ms;
    dispatcher d(options, m);
    auto const out = infer(d, model_of(std::make_unique<fake_engine>()), {1}).get();
    REQUIRE(out);
    CHECK(out->queue_ms >= 2);
}

TEST_CASE("the destructor answers what waits", "[dispatcher]") {
    only_model_metrics m;
    auto options = batches_of(8);
    options.batch.max_queue_delay = 1h;
    auto d = std::make_unique<dispatcher>(options, m);
    auto* const engine = new fake_engine;
    auto const model = model_of(std::unique_ptr<engine::engine>(engine));
    auto a = infer(*d, model, {1});
    auto b = infer(*d, model, {2, 3});
    d.reset();
    CHECK(a.get().error().code == errc::shutting_down);
    CHECK(b.get().error().code == errc::shutting_down);
    CHECK(engine->passes().empty());
    CHECK(model.use_count() == 1);
}

TEST_CASE("closing answers what waits, lets the batch in progress end, and takes nothing more", "[dispatcher]") {
    held_dispatcher held;
    auto waiting = infer(held.d, held.model, {1, 2});
    held.d.close();
    CHECK(infer(held.d, held.model, {3}).get().error().code == errc::shutting_down);
    held.hold.open();
    CHECK(held.first.get());
    CHECK(waiting.get().error().code == errc::shutting_down);
    CHECK(held.engine->passes().size() == 1);
}

TEST_CASE("a forward pass that hangs is no progress", "[dispatcher]") {
    held_dispatcher h;
    CHECK(h.d.makes_progress());
    h.clock.advance(30s);
    CHECK(h.d.makes_progress());
    h.clock.advance(1ms);
    CHECK_FALSE(h.d.makes_progress());
    h.hold.open();
    CHECK(h.first.get());
    CHECK(h.d.makes_progress());
}

TEST_CASE("a coroutine resumes on its own executor, also when it is refused", "[dispatcher]") {
    only_model_metrics m;
    boost::asio::io_context context;
    auto options = batches_of(8);
    options.max_queue_size = 2;
    dispatcher d(options, m);
    auto const model = model_of(std::make_unique<fake_engine>());
    std::thread::id resumed_on;
    int answers = 0;
    auto code = errc::not_found;
    auto const rethrow = [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    };
    boost::asio::co_spawn(
        context, infer_here(d, inference_request({}, model, images_of({1})), resumed_on, answers, code), rethrow);
    context.run();
    CHECK(answers == 1);
    CHECK(resumed_on == std::this_thread::get_id());
    CHECK(code == errc::not_found);

    context.restart();
    boost::asio::co_spawn(
        context, infer_here(d, inference_request({}, model, images_of({1, 2, 3})), resumed_on, answers, code), rethrow);
    context.run();
    CHECK(answers == 2);
    CHECK(resumed_on == std::this_thread::get_id());
    CHECK(code == errc::queue_full);
}

TEST_CASE("a coroutine that never ran to its end may be destroyed after the dispatcher", "[dispatcher]") {
    only_model_metrics m;
    {
        boost::asio::io_context context;
        dispatcher d(batches_of(8), m);
        auto const wait = [](queue_slot slot, dispatcher& with,
                             inference_request request) -> boost::asio::awaitable<void> {
            auto out = co_await with.async_infer(std::move(request), boost::asio::use_awaitable);
            (void)out;
            slot.shrink_to(0);
        };
        inference_request request({}, model_of(std::make_unique<fake_engine>()), images_of({1}));
        auto slot = d.reserve(1, steady_time::max());
        REQUIRE(slot);
        boost::asio::co_spawn(context, wait(std::move(*slot), d, std::move(request)), [](std::exception_ptr) {});
        context.run_one();
        CHECK(m.queue_depth.Value() == 1);
    }
    CHECK(m.queue_depth.Value() == 0);
}

TEST_CASE("a request in the background is told of its deadline, though others always have the turn", "[dispatcher]") {
    only_model_metrics m;
    manual_clock clock;
    auto const turns = std::make_shared<engine_turns>();
    engine_turns::member served(turns, [] { return false; });
    served.begin();
    auto o = batches_of(1);
    o.turns = turns;
    o.rank = engine_turns::priority::background;
    o.now = clock.reader();
    dispatcher d(o, m);
    auto const model = model_of(std::make_unique<fake_engine>());
    auto late = infer(d, model, {1}, with_deadline(clock.now() + 1s));
    auto patient = infer(d, model, {2});
    clock.advance(2s);
    auto const refused = late.get();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::deadline_exceeded);
    CHECK(patient.wait_for(0s) == std::future_status::timeout);
    served.yield();
    CHECK(patient.get().has_value());
}
