#include "sma/serving/classifier.hpp"

#include "catch_result.hpp"
#include "recording_sink.hpp"
#include "serving_fakes.hpp"
#include "sma/image/decoder_work.hpp"
#include "sma/tracing/request_trace.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>

#include <array>

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;
using Catch::Approx;

namespace {

// One pixel each, PNG.
constexpr auto black_png = std::to_array<unsigned char>(
    {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
     0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00,
     0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60, 0x60, 0x60, 0x00, 0x00, 0x00, 0x04, 0x00, 0x01, 0xc8,
     0xea, 0xeb, 0xf9, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82});
constexpr auto white_png = std::to_array<unsigned char>(
    {0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
     0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x02, 0x00, 0x00, 0x00, 0x90, 0x77, 0x53, 0xde, 0x00, 0x00, 0x00,
     0x0c, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xf8, 0xff, 0xff, 0x3f, 0x00, 0x05, 0xfe, 0x02, 0xfe, 0x33,
     0x12, 0x95, 0x14, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82});

template <std::size_t n>
std::string_view view(std::array<unsigned char, n> const& bytes) {
    return {reinterpret_cast<char const*>(bytes.data()), n};
}

auto const black = view(black_png);
auto const white = view(white_png);
std::string_view const broken = black.substr(0, 40);
std::string_view const no_image = "hello";

std::unique_ptr<image::image_work> decoding() { return image::make_decoder_work({}); }

image::preprocess_options one_pixel() {
    image::preprocess_options how;
    how.resize = how.crop = 1;
    return how;
}

/// The whole way with a fake engine at its end, whose passes are held at the gate until it is opened.
struct service {
    explicit service(dispatcher_options options = batches_of(8)) : d(std::move(options), m) { slot.load(); }
    ~service() { hold.open(); }

    void wait_until_ready() {
        auto ready = became_ready.get_future();
        ready.wait();
    }
    std::future<result<classification>> start(std::vector<std::string_view> images, request_context context = {},
                                              wanted_features wanted = {}) {
        return boost::asio::co_spawn(io, c.classify(std::move(context), std::move(images), wanted),
                                     boost::asio::use_future);
    }
    result<classification> classify(std::vector<std::string_view> images, request_context context = {},
                                    wanted_features wanted = {}) {
        return start(std::move(images), std::move(context), wanted).get();
    }

    only_model_metrics m;
    boost::asio::thread_pool io{1};  // before what answers through it
    std::promise<void> became_ready;
    gate hold;
    bool warm = false;
    image::preprocess_options how = one_pixel();  ///< of the model that is loaded next
    fake_engine* engine = nullptr;
    model_manager slot{[this]() -> result<std::unique_ptr<model_instance>> {
                           auto loaded = std::make_unique<model_instance>();
                           auto owned = std::make_unique<fake_engine>([this](auto const&) {
                               if (warm) hold.pass();
                           });
                           engine = owned.get();
                           loaded->engine = std::move(owned);
                           loaded->architecture = "FakeNet";
                           loaded->preprocess = how;
                           return loaded;
                       },
                       1, m,
                       [this](state s) {
                           if (s != state::ready) return;
                           warm = true;
                           became_ready.set_value();
                       }};
    decode_pool pool{{}, m.whole, decoding};
    dispatcher d;
    classifier c{slot, pool, d};
};

float const black_number = (0.0F - 0.485F) / 0.229F;
float const white_number = (1.0F - 0.485F) / 0.229F;

}  // namespace

TEST_CASE("images are decoded, inferred and answered in order", "[classifier]") {
    service s;
    s.wait_until_ready();
    s.hold.open();
    auto const out = s.classify({white, black, white});
    REQUIRE(out);
    REQUIRE(out->logits.size() == 3);
    CHECK((*out->logits[0])[0] == Approx(white_number).margin(0.02));
    CHECK((*out->logits[1])[0] == Approx(black_number).margin(0.02));
    CHECK((*out->logits[2])[0] == Approx(white_number).margin(0.02));
    CHECK(out->batch_size == 3);
    CHECK(out->model->engine.get() == s.engine);
    CHECK(s.d.queue_depth() == 0);
}

TEST_CASE("an image that does not decode carries its own error and goes no further", "[classifier]") {
    service s;
    s.wait_until_ready();
    s.hold.open();
    auto const out = s.classify({no_image, white, broken, black});
    REQUIRE(out);
    CHECK(out->logits[0].error().code == errc::unsupported_media_type);
    CHECK((*out->logits[1])[0] == Approx(white_number).margin(0.02));
    CHECK(out->logits[2].error().code == errc::preprocessing_failed);
    CHECK((*out->logits[3])[0] == Approx(black_number).margin(0.02));
    CHECK(out->batch_size == 2);
    CHECK(s.d.queue_depth() == 0);
}

TEST_CASE("features and sizes belong to their images, whichever of the others decode", "[classifier]") {
    service s;
    s.wait_until_ready();
    s.hold.open();
    auto const out = s.classify({no_image, white, broken, black}, {}, {true, 1});
    REQUIRE(out);
    REQUIRE(out->features.size() == 4);
    REQUIRE(out->sizes.size() == 4);
    CHECK(out->features[0].embedding.empty());
    CHECK(out->features[1].embedding[0] == Approx(white_number).margin(0.02));
    CHECK(out->features[2].maps.empty());
    REQUIRE(out->features[3].maps.size() == 1);
    CHECK(out->features[3].maps[0].class_index == 2);
    CHECK(out->features[3].maps[0].values[1] == Approx(black_number - 2).margin(0.02));
    CHECK(out->sizes[0].width == 0);
    CHECK(out->sizes[1].width == 1);
    CHECK(out->sizes[3].height == 1);
    CHECK(s.classify({white})->features.empty());
}

TEST_CASE("requests that want features share batches with those that do not", "[classifier]") {
    service s;
    s.wait_until_ready();
    auto held = s.start({white});
    s.hold.wait_for_visitor();
    auto plain = s.start({black});
    auto wanting = s.start({white, black}, {}, {true, 0});
    while (s.d.queue_depth() < 4) std::this_thread::yield();
    s.hold.open();
    CHECK(held.get()->features.empty());
    CHECK(plain.get()->features.empty());
    auto const out = wanting.get();
    REQUIRE(out);
    REQUIRE(out->features.size() == 2);
    CHECK(out->features[0].embedding[0] == Approx(white_number).margin(0.02));
    CHECK(out->features[1].embedding[0] == Approx(black_number).margin(0.02));
}

TEST_CASE("a model without features refuses those who want some, by its name, and serves the others", "[classifier]") {
    service s;
    s.wait_until_ready();
    s.hold.open();
    s.engine->has_features = false;
    auto const refused = s.classify({white}, {}, {true, 0});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::validation_error);
    CHECK(refused.error().message.find("FakeNet") != std::string::npos);
    CHECK(s.d.queue_depth() == 0);
    CHECK(s.classify({white}));
}

TEST_CASE("when no image decodes there is no forward pass", "[classifier]") {
    service s;
    s.wait_until_ready();
    auto const passes = s.engine->passes().size();
    auto const out = s.classify({no_image, broken});
    REQUIRE(out);
    CHECK(out->logits[0].error().code == errc::unsupported_media_type);
    CHECK(out->logits[1].error().code == errc::preprocessing_failed);
    CHECK(out->batch_size == 0);
    CHECK(s.engine->passes().size() == passes);
    CHECK(s.d.queue_depth() == 0);
}

TEST_CASE("images that did not decode give their places back while the others wait", "[classifier]") {
    service s;
    s.wait_until_ready();
    auto answer = s.start({no_image, white, broken});
    s.hold.wait_for_visitor();
    CHECK(s.d.queue_depth() == 1);
    s.hold.open();
    CHECK(answer.get());
    CHECK(s.d.queue_depth() == 0);
}

TEST_CASE("before the model is there, while draining, and after the slot was closed", "[classifier]") {
    service s;
    s.wait_until_ready();
    CHECK(s.c.check(1, steady_time::max()));
    s.slot.drain();
    CHECK(s.c.check(1, steady_time::max()));
    s.slot.close();
    CHECK(s.c.check(1, steady_time::max()).error().code == errc::shutting_down);
    CHECK(s.classify({white}).error().code == errc::shutting_down);

    only_model_metrics m;
    model_manager empty([]() -> result<std::unique_ptr<model_instance>> { return error(errc::io_error, "no"); }, 1, m,
                        {});
    classifier const c(empty, s.pool, s.d);
    CHECK(c.check(1, steady_time::max()).error().code == errc::model_not_loaded);
}

TEST_CASE("a full queue or no time left: refused before decoding", "[classifier]") {
    auto options = batches_of(8);
    options.max_queue_size = 2;
    service s(options);
    s.wait_until_ready();
    CHECK(s.classify({white, white, white}).error().code == errc::queue_full);
    CHECK(s.classify({white}, with_deadline(std::chrono::steady_clock::now())).error().code == errc::deadline_exceeded);
    CHECK(s.d.queue_depth() == 0);
}

TEST_CASE("a client that left is noticed before decoding, and while it waits for the engine", "[classifier]") {
    service s;
    s.wait_until_ready();
    std::stop_source left;
    request_context context;
    context.cancelled = left.get_token();
    auto running = s.start({white});
    s.hold.wait_for_visitor();
    auto waiting = s.start({black}, context);
    left.request_stop();
    auto too_late = s.start({black}, context);
    s.hold.open();
    CHECK(running.get());
    CHECK(waiting.get().error().code == errc::client_closed_request);
    CHECK(too_late.get().error().code == errc::client_closed_request);
    for (auto const& pass : s.engine->passes()) CHECK(std::count(pass.begin(), pass.end(), black_number) == 0);
    CHECK(s.d.queue_depth() == 0);
    CHECK(s.m.queue_depth.Value() == 0);
}

TEST_CASE("requests and batches are counted with their times") {
    service s;
    s.wait_until_ready();
    s.hold.open();
    REQUIRE(s.classify({black, white}));
    REQUIRE(s.classify({black, broken}));
    REQUIRE(s.classify({no_image}));
    auto const done = s.d.done().read();
    CHECK(done.success.count == 2);
    CHECK(done.fail.count == 1);
    CHECK(done.images == 3);
    std::uint64_t batched = 0;
    std::chrono::nanoseconds in_batches{0};
    for (std::size_t i = 0; i < done.batches.size(); ++i) {
        batched += done.batches[i].count * (i + 1);
        in_batches += done.batches[i].time;
    }
    CHECK(batched == 3);
    CHECK(in_batches.count() > 0);
    CHECK(done.infer.count == 2);
    CHECK(done.success.time >= done.input.time + done.infer.time);
    CHECK(std::chrono::system_clock::now() - done.last_at < std::chrono::minutes(10));
}

TEST_CASE("images that the client normalized skip the decoder and share the queue") {
    service s;
    s.wait_until_ready();
    s.hold.open();
    std::array<float, 3> const pixel{0.5F, -1, 2};
    std::string_view const planes(reinterpret_cast<char const*>(pixel.data()), sizeof pixel);
    auto const answer =
        boost::asio::co_spawn(s.io, s.c.classify({}, {planes, planes.substr(4)}, serving::image_content::planes, {}),
                              boost::asio::use_future)
            .get();
    REQUIRE(answer);
    CHECK(answer->logits[0].has_value());
    CHECK(answer->logits[1].error().code == errc::validation_error);
    CHECK(s.d.queue_depth() == 0);
}

TEST_CASE("the stages of a traced request follow one another, and its passes are linked", "[classifier]") {
    sma::test::recording_sink sink;
    service s;
    s.wait_until_ready();
    s.hold.open();
    tracing::request_trace trace(sink, {tracing::make_trace_id(), tracing::make_span_id()}, {}, {});
    request_context context;
    context.trace = &trace;
    REQUIRE(s.classify({white, no_image}, context));
    trace.finish({});
    auto const* const decode = sink.find("decode");
    auto const* const queue = sink.find("queue");
    auto const* const forward = sink.find("forward");
    auto const* const batch = sink.find("batch");
    REQUIRE(decode);
    REQUIRE(queue);
    REQUIRE(forward);
    REQUIRE(batch);
    CHECK(decode->ended <= queue->began);
    CHECK(queue->ended == forward->began);
    CHECK(forward->ended > forward->began);
    CHECK(forward->links == std::vector{batch->context});
    CHECK(sink.spans.size() == 5);
}

TEST_CASE("a traced request that fails in the queue shows how long it was there", "[classifier]") {
    sma::test::recording_sink sink;
    service s;
    s.wait_until_ready();
    tracing::request_trace trace(sink, {tracing::make_trace_id(), tracing::make_span_id()}, {}, {});
    auto before = s.start({black});  // held in the engine
    s.hold.wait_for_visitor();
    request_context context;
    context.trace = &trace;
    auto out = s.start({white}, context);
    s.d.close();
    s.hold.open();
    CHECK(out.get().has_error());
    trace.finish({});
    REQUIRE(sink.find("queue"));
    CHECK(sink.find("queue")->failed);
    CHECK_FALSE(sink.find("forward"));
}
