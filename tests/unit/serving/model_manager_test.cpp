#include "sma/serving/model_manager.hpp"

#include "eventually.hpp"
#include "scale.hpp"
#include "serving_fakes.hpp"

#include "catch_result.hpp"

#include <limits>
#include <stdexcept>
#include <thread>
#include <utility>

#if defined(__linux__)
#include <sys/resource.h>
#endif

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

namespace {

/// Every change of state, in order, and a way to wait for the n-th.
class state_log {
public:
    void add(state s) {
        std::lock_guard const lock(mutex_);
        states_.push_back(s);
        changed_.notify_all();
    }
    std::vector<state> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return states_.size() >= count; });
        return states_;
    }
    std::function<void(state)> listener() {
        return [this](state s) { add(s); };
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<state> states_;
};

using loaded = result<std::unique_ptr<model_instance>>;

std::unique_ptr<model_instance> model_named(std::string name, std::unique_ptr<engine::engine> e) {
    auto m = std::make_unique<model_instance>();
    m->engine = std::move(e);
    m->architecture = std::move(name);
    return m;
}

std::unique_ptr<model_instance> model_named(std::string name) {
    return model_named(std::move(name), std::make_unique<fake_engine>());
}

/// Tells on which thread it is destroyed.
struct mortal_engine : fake_engine {
    explicit mortal_engine(std::promise<std::thread::id>& p) : died_on(p) {}
    ~mortal_engine() override { died_on.set_value(std::this_thread::get_id()); }
    std::promise<std::thread::id>& died_on;
};

}  // namespace

TEST_CASE("from loading to ready, warmed up at batch one and at the full batch", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    auto* const engine = new fake_engine;
    model_manager models([&]() -> loaded { return model_named("A", std::unique_ptr<engine::engine>(engine)); }, 8, m,
                         log.listener());
    CHECK(models.current_state() == state::loading);
    CHECK(models.current().error().code == errc::model_not_loaded);
    CHECK(models.current().error().retry_after_s.has_value());
    models.load();
    CHECK(log.wait_for(3) == std::vector{state::loading, state::warming_up, state::ready});
    REQUIRE(models.current());
    CHECK((*models.current())->architecture == "A");
    CHECK(engine->passes() == std::vector<fake_engine::batch>{{0}, fake_engine::batch(8, 0)});
    CHECK(models.report().loads == 1);
    CHECK(m.model_loads_total.Value() == 1);
    // The other sizes follow while it serves: no batch waits for the engine to prepare its size.
    REQUIRE(sma::test::eventually([&] { return engine->prepared().size() == 8; }, sma::test::patience));
    CHECK(engine->prepared() == std::vector{1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("who asks while another load is under way is told of the next one", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    gate hold;
    int loads = 0;
    auto const loader = [&]() -> loaded {
        if (++loads == 2) {
            hold.pass();
            return error(errc::invalid_weights, "the weights are torn\nin the middle");
        }
        return model_named("A");
    };
    model_manager models(loader, 8, m, log.listener());
    auto const ended = [&](std::uint64_t load) {
        return sma::test::eventually([&] { return models.outcome(load).has_value(); }, sma::test::patience);
    };
    auto const first = models.load();
    REQUIRE(ended(first));
    CHECK(models.outcome(first)->has_value());
    auto const second = models.load();
    hold.wait_for_visitor();
    auto const third = models.load();
    CHECK(third != second);
    CHECK(models.load() == third);
    CHECK_FALSE(models.outcome(second));
    CHECK_FALSE(models.outcome(third));
    hold.open();
    REQUIRE(ended(third));
    CHECK(models.outcome(third)->has_value());
    REQUIRE(models.outcome(second)->has_error());
    CHECK(models.outcome(second)->error().message == "the weights are torn");
}

TEST_CASE("a reload swaps when the new model is warm; until then the old one serves", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    gate hold;
    int loads = 0;
    auto* const newer = new fake_engine;
    newer->prepares_without_pass = GENERATE(true, false);
    auto const loader = [&]() -> loaded {
        if (++loads == 1) return model_named("old");
        hold.pass();
        return model_named("new", std::unique_ptr<engine::engine>(newer));
    };
    model_manager models(loader, 8, m, log.listener());
    models.load();
    log.wait_for(3);
    models.load();
    hold.wait_for_visitor();
    CHECK(models.current_state() == state::reloading);
    CHECK(health_status(models.current_state()) == "healthy");
    CHECK((*models.current())->architecture == "old");
    hold.open();
    CHECK(log.wait_for(5).back() == state::ready);
    CHECK((*models.current())->architecture == "new");
    CHECK(models.report().loads == 2);
    // Whatever batch comes first, nobody waits for the engine to prepare that size; and no more is computed than
    // needed.
    auto const pass_of_eight = std::vector(newer->prepares_without_pass ? 0 : 1, fake_engine::batch(8, 0));
    auto passes = newer->passes();
    REQUIRE_FALSE(passes.empty());
    CHECK(passes.front() == fake_engine::batch{0});
    passes.erase(passes.begin());
    CHECK(passes == pass_of_eight);
    CHECK(newer->prepared() == std::vector{8, 1, 2, 3, 4, 5, 6, 7, 8});
}

TEST_CASE("calls of load while one is under way make one more follow", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    gate hold;
    std::atomic<int> loads{0};
    model_manager models(
        [&]() -> loaded {
            if (++loads == 1) hold.pass();
            return model_named("A");
        },
        1, m, log.listener());
    models.load();
    hold.wait_for_visitor();
    for (int i = 0; i < 10; ++i) models.load();
    hold.open();
    CHECK(log.wait_for(5) ==
          std::vector{state::loading, state::warming_up, state::ready, state::reloading, state::ready});
    CHECK(loads == 2);
}

TEST_CASE("a reload that fails, however it fails, keeps the old model and says so", "[model_manager]") {
    using failing_loader = std::function<loaded()>;
    auto const nan_engine = [] {
        struct broken : fake_engine {
            void infer(std::span<std::byte const* const>, std::span<float> logits) override {
                for (auto& v : logits) v = std::numeric_limits<float>::quiet_NaN();
            }
        };
        return std::make_unique<broken>();
    };
    auto const failures = std::vector<std::pair<failing_loader, std::string>>{
        {[]() -> loaded { return error(errc::invalid_weights, "the file is truncated\nsecond line"); },
         "the file is truncated"},
        {[]() -> loaded { throw std::bad_alloc(); }, "not enough memory to load the model"},
        {[]() -> loaded { throw std::runtime_error("/secret/path"); },
         "loading the model failed unexpectedly; the server's log says why"},
        {[]() -> loaded { throw 42; }, "loading the model failed unexpectedly; the server's log says why"},
        {[]() -> loaded { return std::unique_ptr<model_instance>(); }, "the loader returned no model"},
        {[&]() -> loaded { return model_named("broken", nan_engine()); },
         "the model's output for an empty image is not finite: check the weights"},
        {[]() -> loaded {
             return model_named("hungry", std::make_unique<fake_engine>([](auto const& b) {
                                    if (!b.empty()) throw engine::out_of_memory("no room");
                                }));
         },
         "not enough memory to load the model"},
    };
    only_model_metrics m;
    state_log log;
    std::size_t loads = 0;
    auto const loader = [&]() -> loaded {
        return loads++ == 0 ? loaded(model_named("old")) : failures[loads - 2].first();
    };
    model_manager models(loader, 8, m, log.listener());
    models.load();
    log.wait_for(3);
    for (std::size_t i = 0; i < failures.size(); ++i) {
        INFO(failures[i].second);
        models.load();
        CHECK(log.wait_for(5 + 2 * i).back() == state::ready);
        CHECK((*models.current())->architecture == "old");
        CHECK(models.report().failures == i + 1);
        CHECK(models.report().last_error == failures[i].second);
    }
    CHECK(m.model_load_failures_total.Value() == static_cast<double>(failures.size()));
    CHECK(models.report().loads == 1);
}

TEST_CASE("a first load that fails can be followed by one that works", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    int loads = 0;
    model_manager models(
        [&]() -> loaded {
            if (++loads == 1) return error(errc::invalid_weights, "no such architecture");
            return model_named("A");
        },
        8, m, log.listener());
    models.load();
    CHECK(log.wait_for(2).back() == state::failed);
    CHECK(health_status(models.current_state()) == "failed");
    CHECK(models.current().error().code == errc::model_not_loaded);
    models.load();
    CHECK(log.wait_for(5).back() == state::ready);
    CHECK(models.current());
    CHECK(models.report().last_error.empty());
}

TEST_CASE("an unloaded model is refused at once, freed after its last request, and can be loaded again",
          "[model_manager]") {
    only_model_metrics m;
    state_log log;
    std::promise<std::thread::id> died_on;
    std::promise<std::thread::id> loaded_on;
    int loads = 0;
    auto const loader = [&]() -> loaded {
        if (++loads > 1) return model_named("again");
        loaded_on.set_value(std::this_thread::get_id());
        return model_named("A", std::make_unique<mortal_engine>(died_on));
    };
    model_manager models(loader, 1, m, log.listener());
    models.load();
    log.wait_for(3);
    auto request = *models.current();
    models.unload();
    CHECK(log.wait_for(4).back() == state::unloaded);
    CHECK(models.is_set_aside());
    auto const refused = models.current();
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::model_not_loaded);
    CHECK_THAT(refused.error().message, Catch::Matchers::ContainsSubstring("unloaded"));
    CHECK(refused.error().retry_after_s.has_value());
    auto dead = died_on.get_future();
    CHECK(dead.wait_for(std::chrono::seconds(0)) == std::future_status::timeout);
    CHECK(request->architecture == "A");
    request.reset();
    CHECK(dead.get() == loaded_on.get_future().get());

    models.unload();  // once more changes nothing
    models.load();
    CHECK(log.wait_for(8) == std::vector{state::loading, state::warming_up, state::ready, state::unloaded,
                                         state::unloaded, state::loading, state::warming_up, state::ready});
    CHECK_FALSE(models.is_set_aside());
    CHECK((*models.current())->architecture == "again");
}

TEST_CASE("unloading takes back the loads that were asked for", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    gate hold;
    std::atomic<int> loads{0};
    auto const loader = [&]() -> loaded {
        if (++loads == 1) hold.pass();
        return model_named("A");
    };
    model_manager models(loader, 1, m, log.listener());
    auto const running = models.load();
    hold.wait_for_visitor();
    auto const queued = models.load();
    models.unload();
    for (auto const load : {running, queued}) {
        auto const ended = models.outcome(load);
        REQUIRE(ended);
        CHECK(ended->error().code == errc::conflict);
    }
    hold.open();
    auto const again = models.load();
    CHECK(again > queued);
    REQUIRE(sma::test::eventually([&] { return models.outcome(again).has_value(); }, sma::test::patience));
    CHECK(models.outcome(again)->has_value());
    CHECK(loads == 2);
    auto const states = log.wait_for(5);
    CHECK(states == std::vector{state::loading, state::unloaded, state::loading, state::warming_up, state::ready});
    CHECK(models.report().loads == 1);
}

TEST_CASE("two models and their loaders are exchanged in one step", "[model_manager]") {
    only_model_metrics m;
    only_model_metrics m_of_other;
    state_log log;
    state_log log_of_other;
    model_manager models([]() -> loaded { return model_named("old"); }, 1, m, log.listener(), {}, "served");
    model_manager other([]() -> loaded { return model_named("new"); }, 1, m_of_other, log_of_other.listener(), {},
                        "shadow");
    auto const name = [](model_manager const& of) { return (*of.current())->architecture; };
    CHECK(models.exchange(other).error().code == errc::conflict);
    models.load();
    log.wait_for(3);
    auto const refused = models.exchange(other);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == errc::conflict);
    CHECK_THAT(refused.error().message, Catch::Matchers::ContainsSubstring("`shadow`"));
    CHECK(name(models) == "old");
    other.load();
    log_of_other.wait_for(3);

    auto const request = *models.current();
    REQUIRE(models.exchange(other));
    CHECK(log.wait_for(4).back() == state::ready);
    CHECK(log_of_other.wait_for(4).back() == state::ready);
    CHECK(name(models) == "new");
    CHECK(name(other) == "old");
    CHECK(request == *other.current());
    CHECK(models.report().is_exchanged);
    // A reload reads what each has now.
    models.load();
    log.wait_for(6);
    CHECK(name(models) == "new");
    CHECK(models.report().loads == 2);

    REQUIRE(models.exchange(other));
    CHECK(name(models) == "old");
    CHECK_FALSE(models.report().is_exchanged);
    CHECK_FALSE(other.report().is_exchanged);
    models.drain();
    CHECK(models.exchange(other).error().code == errc::shutting_down);
}

TEST_CASE("models are not exchanged while one is loaded, nor if their labels differ", "[model_manager]") {
    only_model_metrics m;
    only_model_metrics m_of_other;
    state_log log;
    state_log log_of_other;
    gate hold;
    int loads = 0;
    model_manager models(
        [&]() -> loaded {
            if (++loads == 2) hold.pass();
            return model_named("old");
        },
        1, m, log.listener());
    model_manager other(
        []() -> loaded {
            auto made = model_named("new");
            made->labels = {"one more"};
            return made;
        },
        1, m_of_other, log_of_other.listener());
    models.load();
    other.load();
    log.wait_for(3);
    log_of_other.wait_for(3);
    CHECK_THAT(models.exchange(other).error().message, Catch::Matchers::ContainsSubstring("labels"));
    models.load();
    hold.wait_for_visitor();
    CHECK_THAT(models.exchange(other).error().message, Catch::Matchers::ContainsSubstring("reloading"));
    hold.open();
    log.wait_for(5);
    CHECK((*models.current())->architecture == "old");
}

TEST_CASE("draining is final, and serves until it is closed", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    gate hold;
    int loads = 0;
    model_manager models(
        [&]() -> loaded {
            if (++loads == 2) hold.pass();
            return model_named("A");
        },
        8, m, log.listener());
    models.load();
    log.wait_for(3);
    models.load();
    hold.wait_for_visitor();
    models.drain();
    models.drain();
    CHECK(models.current_state() == state::draining);
    CHECK(models.current().has_value());
    models.close();
    CHECK(models.current().error().code == errc::shutting_down);
    CHECK(models.current().error().retry_after_s.has_value());
    CHECK(models.current_state() == state::draining);
    hold.open();
    models.load();
    CHECK(log.wait_for(5) ==
          std::vector{state::loading, state::warming_up, state::ready, state::reloading, state::draining});
}

TEST_CASE("the old model is freed on the loader thread, when its last request is done", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    std::promise<std::thread::id> died;
    std::thread::id loader_thread;
    int loads = 0;
    model_manager models(
        [&]() -> loaded {
            loader_thread = std::this_thread::get_id();
            if (++loads == 1) return model_named("old", std::make_unique<mortal_engine>(died));
            return model_named("new");
        },
        8, m, log.listener());
    models.load();
    log.wait_for(3);
    auto request = *models.current();
    models.load();
    log.wait_for(5);
    models.load();
    log.wait_for(7);  // by now the loader thread has let go of the old model: the request's hold on it is the last
    auto death = died.get_future();
    CHECK(death.wait_for(0s) == std::future_status::timeout);
    request.reset();
    CHECK(death.get() == loader_thread);
}

TEST_CASE("a model may outlive the models", "[model_manager]") {
    only_model_metrics m;
    std::promise<std::thread::id> died;
    std::shared_ptr<model_instance> kept;
    {
        state_log log;
        model_manager models([&]() -> loaded { return model_named("A", std::make_unique<mortal_engine>(died)); }, 8, m,
                             log.listener());
        models.load();
        log.wait_for(3);
        kept = *models.current();
    }
    CHECK(kept->architecture == "A");
    kept.reset();
    CHECK(died.get_future().get() == std::this_thread::get_id());
}

TEST_CASE("destroyed while it loads, or before it ever did", "[model_manager]") {
    only_model_metrics m;
    {
        model_manager const idle([]() -> loaded { return model_named("A"); }, 8, m, {});
    }
    for (int i = 0; i < 20; ++i) {
        model_manager models([]() -> loaded { return model_named("A"); }, 8, m, {});
        models.load();
    }
}

TEST_CASE("reloads under load: every request is run by the model it began with", "[model_manager][stress]") {
    only_model_metrics m;
    state_log log;
    std::atomic<int> loads{0};
    model_manager models(
        [&]() -> loaded {
            if (loads++ % 3 == 2) return error(errc::invalid_weights, "broken");
            return model_named("A");
        },
        8, m, log.listener());
    models.load();
    log.wait_for(3);
    dispatcher d(batches_of(8), m);
    std::atomic<bool> done{false};
    std::atomic<int> wrong{0};
    std::vector<std::thread> clients;
    for (int c = 0; c < 3; ++c)
        clients.emplace_back([&] {
            while (!done) {
                auto const model = models.current();
                if (!model || !infer(d, *model, {1, 2}).get()) ++wrong;
            }
        });
    for (int i = 0; i < 20; ++i) {
        models.load();
        log.wait_for(static_cast<std::size_t>(5 + 2 * i));
    }
    done = true;
    for (auto& c : clients) c.join();
    CHECK(wrong == 0);
    CHECK(models.report().failures == 7);
}

#if defined(__linux__)
TEST_CASE("a reload gives way to serving, a first load has nobody to give way to", "[model_manager]") {
    only_model_metrics m;
    state_log log;
    std::atomic<int> niceness{0};
    model_manager models(
        [&]() -> loaded {
            niceness = getpriority(PRIO_PROCESS, 0);
            return model_named("A");
        },
        8, m, log.listener());
    models.load();
    log.wait_for(3);
    CHECK(niceness == getpriority(PRIO_PROCESS, 0));
    models.load();
    log.wait_for(5);
    CHECK(niceness > getpriority(PRIO_PROCESS, 0));
}
#endif
