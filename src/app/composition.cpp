#include "composition.hpp"

#include "component_options.hpp"
#include "parts.hpp"
#include "resource_defaults.hpp"
#include "sma/api/embed.hpp"
#include "sma/api/health.hpp"
#include "sma/api/info.hpp"
#include "sma/api/metrics_page.hpp"
#include "sma/api/page.hpp"
#include "sma/api/predict.hpp"

#include <boost/asio/post.hpp>
#include <boost/version.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sma::app {
namespace {

std::vector<std::pair<std::string, std::string>> library_versions() {
    auto versions = parts::libraries();
    versions.emplace_back("boost",
                          std::to_string(BOOST_VERSION / 100'000) + "." + std::to_string(BOOST_VERSION / 100 % 1'000));
    return versions;
}

std::unique_ptr<serving::sample_keeper> make_sample_keeper(settings const& s, metrics& counters) {
    if (s.sample_dir.empty()) return nullptr;
    return std::make_unique<serving::sample_keeper>(sample_options(s), counters);
}

serving::image_classifier& classifier_of(composition& all) {
    if (all.cache) return *all.cache;
    return all.models.classifier;
}

}  // namespace

composition::composition(settings const& configuration, service_environment const& environment)
    : s(apply_resource_defaults(configuration)),
      reporter(environment, stop_limit(s)),
      samples(make_sample_keeper(s, counters)),
      models(s, counters, [this](serving::state now) { on_change(now); }),
      service(s, models.manager, models.dispatcher, counters),
      cache(make_cache()),
      fetcher(make_fetcher()),
      inference_protocol(service, models.classifier, models.pool.workers(), fetcher.get()),
      routes(route_table(), {api::inference_protocol::endpoints::errors()}),
      server(io.get_executor(), routes, http_limits(s), counters),
      keys(make_api_key_file(s.api_keys_file, io, server)),
      certificate(make_tls_certificate(s, io, server)),
      admin(make_admin()),
      grpc(make_grpc()),
      memory(io, server, models.manager),
      lifetime(io, s, server, grpc.get(), models.manager, models.dispatcher, keys, certificate, memory, reporter) {
    models.classifier.set_observer(samples.get());
    service.preprocessing = preprocess_options(s);
    service.libraries = library_versions;
    service.formats = [this] { return parts::readable(s.formats); };
    openapi = api::openapi(routes.table(), std::chrono::milliseconds(s.default_timeout_ms));
}

template <class Endpoint, class... Arguments>
Endpoint* composition::make(Arguments&&... arguments) {
    auto made = std::make_unique<Endpoint>(std::forward<Arguments>(arguments)...);
    auto* const kept = made.get();
    endpoints.push_back(std::move(made));
    return kept;
}

std::vector<http::route> composition::route_table() {
    auto constexpr open = http::access_rule::open;
    auto constexpr none = http::body_kind::none;
    auto constexpr upload = http::body_kind::upload;
    auto* const page = make<api::page>();
    std::vector<http::route> rows{
        {http::verb::post, "/predict", upload,
         make<api::predict>(classifier_of(*this), models.pool.workers(), fetcher.get(), predict_options(s))},
        {http::verb::post, "/embed", upload,
         make<api::embed>(models.classifier, models.pool.workers(), fetcher.get(), upload_limits(s))},
        {http::verb::get, "/health", none, make<api::health>(service), open},
        {http::verb::get, "/info", none, make<api::info>(service)},
        {http::verb::get, "/openapi.json", none, &openapi, open},
        {http::verb::get, "/", none, page, open},
        {http::verb::get, "/docs", none, page, open},
        {http::verb::get, "/assets/{file}", none, page, open},
    };
    if (s.admin_listen.empty())
        rows.push_back({http::verb::get, "/metrics", none, make<api::metrics_page>(service), open});
    auto const protocol = inference_protocol.rows();
    rows.insert(rows.end(), protocol.begin(), protocol.end());
    return rows;
}

std::unique_ptr<serving::caching_classifier> composition::make_cache() {
    if (s.cache_size_mb == 0) return nullptr;
    return std::make_unique<serving::caching_classifier>(models.classifier, cache_options(s, models.manager), counters);
}

std::unique_ptr<fetch::image_fetcher> composition::make_fetcher() {
    if (s.url_allowed_hosts.empty()) return nullptr;
    return std::make_unique<fetch::image_fetcher>(io.get_executor(), fetch_options(s));
}

std::unique_ptr<admin_listener> composition::make_admin() {
    if (s.admin_listen.empty()) return nullptr;
    return std::make_unique<admin_listener>(io, service, models.manager);
}

std::unique_ptr<grpc_listener> composition::make_grpc() {
    if (s.grpc_listen.empty()) return nullptr;
    return std::make_unique<grpc_listener>(io, service, models.classifier, fetcher.get(), server);
}

void composition::on_change(serving::state now) {
    reporter.state_changed(now, models.manager.report().last_error);
    bool const ready = now == serving::state::ready;
    if (!ready && now != serving::state::failed) return;
    boost::asio::post(io, [this, ready] {
        server.start_accepting();
        if (ready && cache) cache->clear();  // the answers of the model before
    });
}

}  // namespace sma::app
