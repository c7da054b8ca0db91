// Composition of the service: all of its parts, in the order of their construction.
#pragma once

#include "admin_listener.hpp"

#include "api_key_file.hpp"
#include "grpc_listener.hpp"
#include "lifecycle.hpp"
#include "memory_trimmer.hpp"
#include "pipeline.hpp"
#include "service_manager.hpp"
#include "sma/api/inference_protocol/endpoints.hpp"
#include "sma/api/openapi.hpp"
#include "sma/api/service.hpp"
#include "sma/core/metrics.hpp"
#include "sma/core/settings.hpp"
#include "sma/core/thread_annotations.hpp"
#include "sma/fetch/image_fetcher.hpp"
#include "sma/http/endpoint.hpp"
#include "sma/http/router.hpp"
#include "sma/http/server.hpp"
#include "sma/serving/caching_classifier.hpp"
#include "sma/serving/classification_observers.hpp"
#include "sma/serving/sample_keeper.hpp"
#include "sma/serving/served_models.hpp"
#include "sma/serving/shadow_comparison.hpp"
#include "tls_certificate.hpp"
#include "trace_export.hpp"

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string_view>
#include <vector>

namespace sma::app {

/// Everything that lives as long as the service, in order of construction and in reverse order of destruction.
/// Constructed, run and destroyed on the thread that runs `io`.
struct composition {
    composition(settings const& configuration, service_environment const& environment);

    settings const s;
    metrics counters;
    std::unique_ptr<trace_export> traces;  ///< none unless otlp_endpoint is set
    boost::asio::io_context io{1};
    service_reporter reporter;
    std::unique_ptr<serving::sample_keeper> samples;  ///< none unless sample_dir is set
    serving::served_models models;                    // before the pipelines, whose loader threads read it to their end
    mutex changing;                                   ///< one change of state is reported at a time
    pipeline pipelines;
    /// One a model; none unless cache_size_mb is set.
    std::vector<std::unique_ptr<serving::caching_classifier>> caches;
    /// One a model that has a shadow, at its place; elsewhere null.
    std::vector<std::unique_ptr<serving::shadow_comparison>> comparisons;
    std::vector<serving::classification_observers> observers;  ///< one a model
    api::service service;
    std::vector<std::unique_ptr<http::endpoint>> endpoints;  ///< those that the route table alone knows
    std::unique_ptr<fetch::image_fetcher> fetcher;           ///< none unless url_allowed_hosts is set
    api::inference_protocol::endpoints inference_protocol;
    api::openapi openapi;
    http::router routes;
    http::server server;
    api_key_file keys;
    tls_certificate certificate;
    std::unique_ptr<admin_listener> admin;  ///< none unless admin_listen is set
    std::unique_ptr<grpc_listener> grpc;    ///< none unless grpc_listen is set
    memory_trimmer memory;
    lifecycle lifetime;

private:
    std::vector<http::route> route_table();
    /// Makes an endpoint that is kept for the route table.
    template <class Endpoint, class... Arguments>
    Endpoint* make(Arguments&&... arguments);
    std::vector<std::unique_ptr<serving::caching_classifier>> make_caches();
    std::vector<std::unique_ptr<serving::shadow_comparison>> make_comparisons();
    std::vector<serving::classification_observers> make_observers();
    model_pipeline& pipeline_of(std::string_view model);
    /// Whether no request waits for decoding or for a model, other than for shadows.
    bool is_idle();
    void add_models();
    std::unique_ptr<fetch::image_fetcher> make_fetcher();
    std::unique_ptr<admin_listener> make_admin();
    std::unique_ptr<grpc_listener> make_grpc();
    /// The model managers' callback, on whichever thread changes the state of one.
    void on_change(std::size_t model, serving::state now);
};

}  // namespace sma::app
