#include "sma/app/serve.hpp"

#include "sma/api/openapi.hpp"
#include "sma/api/page.hpp"
#include "sma/api/predict.hpp"
#include "sma/api/service_endpoints.hpp"
#include "sma/app/lifecycle.hpp"
#include "sma/app/pipeline.hpp"
#include "sma/app/room_options.hpp"
#include "sma/core/logging.hpp"
#include "sma/engine/library_versions.hpp"
#include "sma/image/library_version.hpp"

#include "sma/version.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/version.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace sma::app {
namespace {

// How long work that nobody waits for any more may keep the process from ending.
constexpr std::chrono::seconds last_work_timeout{10};

void start_log(settings const& s) {
    auto const level = s.log_level == "debug"   ? log::level::debug
                       : s.log_level == "warn"  ? log::level::warn
                       : s.log_level == "error" ? log::level::error
                                                : log::level::info;
    auto const format = s.log_format == "json" ? log::line_format::json : log::line_format::text;
    log::initialise(level, format, static_cast<std::size_t>(s.log_buffer_lines));
}

std::vector<std::pair<std::string, std::string>> library_versions() {
    auto versions = engine::library_versions();
    versions.emplace_back("libvips", image::library_version());
    versions.emplace_back("boost",
                          std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1'000));
    return versions;
}

result<std::string> listen(http::server& server, settings const& s) {
    if (!s.unix_socket.empty()) return server.listen_unix(s.unix_socket);
    return server.listen(s.host, static_cast<std::uint16_t>(s.port));
}

// Everything that lives as long as the service, in the order it must be made; the reverse is the order it may go.
struct composition {
    explicit composition(settings const& configuration)
        : s(configuration),
          models(s, counters, [this](serving::state now) { forget_answers(now); }),
          service(s, models.slot, models.dispatcher, counters),
          cache(make_cache()),
          predict(cache ? static_cast<serving::image_classifier&>(*cache) : models.classifier, predict_options(s)),
          health(service),
          info(service),
          metrics_page(service),
          routes({
              {http::verb::post, "/predict", http::body_kind::upload, &predict},
              {http::verb::get, "/health", http::body_kind::none, &health},
              {http::verb::get, "/info", http::body_kind::none, &info},
              {http::verb::get, "/metrics", http::body_kind::none, &metrics_page},
              {http::verb::get, "/openapi.json", http::body_kind::none, &openapi},
              {http::verb::get, "/", http::body_kind::none, &page},
              {http::verb::get, "/docs", http::body_kind::none, &page},
              {http::verb::get, "/assets/{file}", http::body_kind::none, &page},
          }),
          server(io.get_executor(), routes, http_limits(s), counters),
          lifetime(io, s, server, models.slot, models.dispatcher) {
        service.libraries = library_versions();
        openapi.describe_table(routes.table());
    }

    std::unique_ptr<serving::caching_classifier> make_cache() {
        if (s.cache_size_mb == 0) return nullptr;
        return std::make_unique<serving::caching_classifier>(models.classifier, cache_options(s, models.slot),
                                                             counters);
    }

    // Called on the loader thread; the cache belongs to the I/O thread.
    void forget_answers(serving::state now) {
        if (now != serving::state::ready) return;
        boost::asio::post(io, [this] {
            if (cache) cache->clear();
        });
    }

    settings const s;
    metrics counters;
    boost::asio::io_context io{1};
    pipeline models;
    api::service service;
    std::unique_ptr<serving::caching_classifier> cache;  ///< none unless cache_size_mb is set
    api::predict predict;
    api::health health;
    api::info info;
    api::metrics_page metrics_page;
    api::openapi openapi;
    api::page page;
    http::router routes;
    http::server server;
    lifecycle lifetime;
};

// After the drain: lets every coroutine end that is still there. False if one does not within last_work_timeout.
bool run_dry(boost::asio::io_context& io) {
    io.restart();
    io.run_for(last_work_timeout);
    return io.stopped();
}

}  // namespace

int serve(settings const& s) {
    start_log(s);
    image::initialise_library();
    composition all(s);
    auto const url = listen(all.server, s);
    if (!url) {
        log::error("cannot listen", {{"error", url.error().message}});
        log::shut_down();
        std::fprintf(stderr, "simple-model-api: %s\n", url.error().message.c_str());
        return EXIT_FAILURE;
    }
    std::printf("listening on %s\n", url->c_str());
    std::fflush(stdout);
    log::info("listening", {{"url", *url}, {"version", version::number}, {"commit", version::commit}});
    all.lifetime.start();
    all.models.slot.load();
    all.io.run();
    bool const finished = run_dry(all.io);
    log::info("stopped", {{"all_work_finished", finished}});
    log::shut_down();
    // An engine that does not come back holds coroutines that must not be destroyed under it.
    if (!finished) std::_Exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}

}  // namespace sma::app
