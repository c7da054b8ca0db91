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

#include <algorithm>
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

}  // namespace

composition::composition(settings const& configuration, service_environment const& environment)
    : s(apply_resource_defaults(configuration)),
      traces(make_trace_export(s, counters)),
      reporter(environment, stop_limit(s)),
      samples(make_sample_keeper(s, counters)),
      pipelines(s, counters, [this](std::size_t model, serving::state now) { on_change(model, now); }),
      caches(make_caches()),
      comparisons(make_comparisons()),
      observers(make_observers()),
      service(s, models, counters),
      fetcher(make_fetcher()),
      inference_protocol(service, pipelines.pool.workers(), fetcher.get()),
      routes(route_table(), {api::inference_protocol::endpoints::errors()}),
      server(io.get_executor(), routes, http_limits(s), counters),
      keys(make_api_key_file(s.api_keys_file, io, server)),
      certificate(make_tls_certificate(s, io, server)),
      admin(make_admin()),
      grpc(make_grpc()),
      memory(io, server, pipelines.models.front()->manager),
      lifetime(io, s, server, grpc.get(), models, keys, certificate, memory, reporter) {
    add_models();
    for (std::size_t i = 0; i < observers.size(); ++i)
        if (!observers[i].empty()) pipelines.models[i]->classifier.set_observer(&observers[i]);
    if (traces) server.use_tracer(traces->tracer());
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
         make<api::predict>(models, pipelines.pool.workers(), fetcher.get(), upload_limits(s))},
        {http::verb::post, "/embed", upload,
         make<api::embed>(models, pipelines.pool.workers(), fetcher.get(), upload_limits(s))},
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

std::vector<std::unique_ptr<serving::caching_classifier>> composition::make_caches() {
    std::vector<std::unique_ptr<serving::caching_classifier>> made;
    if (s.cache_size_mb == 0) return made;
    for (auto const& one : pipelines.models) {
        auto options = cache_options(one->configuration, one->manager, pipelines.models.size());
        made.push_back(std::make_unique<serving::caching_classifier>(one->classifier, std::move(options), counters));
    }
    return made;
}

std::vector<std::unique_ptr<serving::shadow_comparison>> composition::make_comparisons() {
    std::vector<std::unique_ptr<serving::shadow_comparison>> made;
    for (auto const& one : pipelines.models) {
        auto const& own = one->configuration;
        made.emplace_back();
        if (own.shadow.empty()) continue;
        auto& shadow = pipeline_of(own.shadow);
        auto options = shadow_options(own);
        options.current_model = [&manager = one->manager] { return manager.current(); };
        options.current_shadow = [&manager = shadow.manager] { return manager.current(); };
        options.is_idle = [this] { return is_idle(); };
        made.back() = std::make_unique<serving::shadow_comparison>(
            io.get_executor(), shadow.classifier, std::move(options), counters.of_shadow(own.model_name, own.shadow));
    }
    return made;
}

// No images are kept for labeling of what shadows classify: they were answered, and maybe kept, by another model.
std::vector<serving::classification_observers> composition::make_observers() {
    std::vector<serving::classification_observers> made(pipelines.models.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
        if (!pipelines.models[i]->configuration.is_shadow) made[i].add(samples.get());
        made[i].add(comparisons[i].get());
    }
    return made;
}

model_pipeline& composition::pipeline_of(std::string_view model) {
    auto const has_name = [&](auto const& one) { return one->configuration.model_name == model; };
    return **std::find_if(pipelines.models.begin(), pipelines.models.end(), has_name);
}

bool composition::is_idle() {
    auto const is_free = [](auto const& one) {
        return one->configuration.is_shadow || one->dispatcher.queue_depth() == 0;
    };
    return pipelines.pool.workers().is_idle() && std::all_of(pipelines.models.begin(), pipelines.models.end(), is_free);
}

void composition::add_models() {
    for (std::size_t i = 0; i < pipelines.models.size(); ++i) {
        auto& one = *pipelines.models[i];
        serving::image_classifier* predictions = &one.classifier;
        if (!caches.empty()) predictions = caches[i].get();
        models.add({one.configuration, one.manager, one.dispatcher, one.classifier, *predictions, comparisons[i].get()},
                   one.configuration.is_default_model);
    }
}

std::unique_ptr<fetch::image_fetcher> composition::make_fetcher() {
    if (s.url_allowed_hosts.empty()) return nullptr;
    return std::make_unique<fetch::image_fetcher>(io.get_executor(), fetch_options(s));
}

std::unique_ptr<admin_listener> composition::make_admin() {
    if (s.admin_listen.empty()) return nullptr;
    return std::make_unique<admin_listener>(io, service);
}

std::unique_ptr<grpc_listener> composition::make_grpc() {
    if (s.grpc_listen.empty()) return nullptr;
    return std::make_unique<grpc_listener>(io, service, fetcher.get(), server);
}

void composition::on_change(std::size_t model, serving::state now) {
    {
        mutex_lock const in_order(changing);
        reporter.state_changed(models.current_state(), models.last_error());
    }
    bool const other = now == serving::state::ready || now == serving::state::unloaded;
    if (!other && now != serving::state::failed) return;
    boost::asio::post(io, [this, model, other] {
        if (models.is_settled()) server.start_accepting();
        if (other && !caches.empty()) caches[model]->clear();  // the answers of the model before
        if (other) models.refresh_comparisons();
    });
}

}  // namespace sma::app
