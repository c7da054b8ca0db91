# The Debian packages: `./run package`. simple-model-api serves safetensors; simple-model-api-torch is the part that needs
# libtorch; simple-model-api-grpc, simple-model-api-onnx and simple-model-api-otlp, where they are built, are those that need
# gRPC, ONNX Runtime and opentelemetry-cpp. Everything is installed where Debian's policy puts it, so that CMAKE_INSTALL_PREFIX must be /usr.
set(SMA_PACKAGE_MAINTAINER "simple-model-api authors <simple-model-api@users.noreply.github.com>" CACHE STRING
    "Maintainer of the Debian package")
set(doc share/doc/simple-model-api)
set(debian ${CMAKE_SOURCE_DIR}/conf/debian)
set(made ${CMAKE_BINARY_DIR}/debian)

set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME program)
install(TARGETS simple-model-api RUNTIME DESTINATION bin)
install(TARGETS part_image part_engine part_profiler LIBRARY DESTINATION lib/simple-model-api)
install(TARGETS decode-worker RUNTIME DESTINATION lib/simple-model-api)
install(TARGETS part_libtorch LIBRARY DESTINATION lib/simple-model-api COMPONENT torch)
if(TARGET part_otlp)
  install(TARGETS part_otlp LIBRARY DESTINATION lib/simple-model-api COMPONENT otlp)
  install(FILES ${debian}/copyright DESTINATION share/doc/simple-model-api-otlp COMPONENT otlp)
endif()
if(TARGET part_onnx)
  install(TARGETS part_onnx LIBRARY DESTINATION lib/simple-model-api COMPONENT onnx)
  install(FILES ${debian}/copyright DESTINATION share/doc/simple-model-api-onnx COMPONENT onnx)
endif()
if(TARGET part_grpc)
  install(TARGETS part_grpc LIBRARY DESTINATION lib/simple-model-api COMPONENT grpc)
  file(GLOB protos ${CMAKE_SOURCE_DIR}/src/grpc/proto/*.proto)
  install(FILES ${protos} DESTINATION share/simple-model-api/proto COMPONENT grpc)
  install(FILES ${debian}/copyright DESTINATION share/doc/simple-model-api-grpc COMPONENT grpc)
endif()
install(FILES ${CMAKE_BINARY_DIR}/demo/demo.safetensors ${CMAKE_BINARY_DIR}/demo/demo.labels.txt
              ${CMAKE_SOURCE_DIR}/conf/imagenet_labels.txt ${CMAKE_SOURCE_DIR}/conf/imagenet_groups.tsv
        DESTINATION share/simple-model-api)
install(FILES ${CMAKE_SOURCE_DIR}/conf/simple-model-api.toml DESTINATION /etc/simple-model-api)
install(FILES ${CMAKE_SOURCE_DIR}/systemd/simple-model-api.service ${CMAKE_SOURCE_DIR}/systemd/simple-model-api@.service
              ${CMAKE_SOURCE_DIR}/systemd/simple-model-api.socket
        DESTINATION /lib/systemd/system)
install(FILES ${CMAKE_SOURCE_DIR}/conf/haproxy.cfg ${CMAKE_SOURCE_DIR}/conf/nginx.conf ${CMAKE_SOURCE_DIR}/conf/grafana/dashboard.json
              ${CMAKE_SOURCE_DIR}/conf/prometheus/alerts.yml
        DESTINATION ${doc}/examples)
install(FILES ${debian}/copyright DESTINATION ${doc})
install(FILES ${debian}/copyright DESTINATION share/doc/simple-model-api-torch COMPONENT torch)

# Compressed without time and name, so that the same sources make the same package.
function(install_compressed source name destination)
  add_custom_command(OUTPUT ${made}/${name}.gz
                     COMMAND gzip -9nc ${source} > ${made}/${name}.gz
                     DEPENDS ${source})
  install(FILES ${made}/${name}.gz DESTINATION ${destination} ${ARGN})
  set_property(GLOBAL APPEND PROPERTY sma_debian_files ${made}/${name}.gz)
endfunction()

file(MAKE_DIRECTORY ${made})
add_custom_command(OUTPUT ${made}/simple-model-api.1
                   COMMAND ${debian}/man_page ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:simple-model-api> > ${made}/simple-model-api.1
                   DEPENDS simple-model-api ${debian}/man_page)
string(TIMESTAMP today "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file(${debian}/changelog.in ${made}/changelog @ONLY)
install_compressed(${made}/simple-model-api.1 simple-model-api.1 share/man/man1)
install_compressed(${made}/changelog changelog share/doc/simple-model-api)
install(FILES ${made}/changelog.gz DESTINATION share/doc/simple-model-api-torch COMPONENT torch)
if(TARGET part_otlp)
  install(FILES ${made}/changelog.gz DESTINATION share/doc/simple-model-api-otlp COMPONENT otlp)
endif()
if(TARGET part_onnx)
  install(FILES ${made}/changelog.gz DESTINATION share/doc/simple-model-api-onnx COMPONENT onnx)
endif()
if(TARGET part_grpc)
  install(FILES ${made}/changelog.gz DESTINATION share/doc/simple-model-api-grpc COMPONENT grpc)
endif()
install_compressed(${CMAKE_SOURCE_DIR}/README.md README.md share/doc/simple-model-api)
foreach(document api batch clients configuration models operations performance security)
  install_compressed(${CMAKE_SOURCE_DIR}/docs/${document}.md ${document}.md share/doc/simple-model-api/docs)
endforeach()
get_property(debian_files GLOBAL PROPERTY sma_debian_files)
add_custom_target(debian_files DEPENDS ${debian_files} demo_model simple-model-api)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_SOURCE_DIR}/build/package)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_PACKAGE_NAME simple-model-api)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program torch)
if(TARGET part_otlp)
  list(APPEND CPACK_COMPONENTS_ALL otlp)
endif()
if(TARGET part_onnx)
  list(APPEND CPACK_COMPONENTS_ALL onnx)
endif()
if(TARGET part_grpc)
  list(APPEND CPACK_COMPONENTS_ALL grpc)
endif()
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME simple-model-api)
set(CPACK_DEBIAN_TORCH_PACKAGE_NAME simple-model-api-torch)
set(CPACK_DEBIAN_GRPC_PACKAGE_NAME simple-model-api-grpc)
set(CPACK_DEBIAN_ONNX_PACKAGE_NAME simple-model-api-onnx)
set(CPACK_DEBIAN_OTLP_PACKAGE_NAME simple-model-api-otlp)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${SMA_PACKAGE_MAINTAINER}")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
if(CMAKE_CROSSCOMPILING)
  set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu)
endif()
set(CPACK_DEBIAN_PROGRAM_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "simple-model-api-torch (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SUGGESTS "simple-model-api-grpc (= ${PROJECT_VERSION}), simple-model-api-onnx (= ${PROJECT_VERSION}), simple-model-api-otlp (= ${PROJECT_VERSION})")
# libtorch multiplies matrices by whatever libblas.so.3 is: with Debian's reference library, which is not made for speed,
# a ConvNeXt takes eleven times as long. The variant with OpenMP shares libtorch's threads.
set(CPACK_DEBIAN_TORCH_PACKAGE_DEPENDS
    "simple-model-api (= ${PROJECT_VERSION}), libopenblas0-openmp | libopenblas0")
set(CPACK_DEBIAN_ONNX_PACKAGE_DEPENDS "simple-model-api (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_GRPC_PACKAGE_DEPENDS "simple-model-api (= ${PROJECT_VERSION})")
# Debian's libraries of opentelemetry-cpp tell dpkg-shlibdeps nothing, and have no version in their names.
if(TARGET part_otlp)
  string(REGEX MATCH "^([0-9]+)[.]([0-9]+)" this ${SMA_OPENTELEMETRY_VERSION})
  math(EXPR next "${CMAKE_MATCH_2} + 1")
  set(CPACK_DEBIAN_OTLP_PACKAGE_DEPENDS
      "simple-model-api (= ${PROJECT_VERSION}), opentelemetry-cpp (>= ${this}), opentelemetry-cpp (<< ${CMAKE_MATCH_1}.${next})")
endif()
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION "image-classification server for CPU machines
ResNet-50 and its family over HTTP: weights are loaded once and warmed up
before traffic, requests are batched as they come, every queue is bounded,
and every failure is an answer with a code.
.
A demo model is included; weights of torchvision's networks are read as they
are.")
set(CPACK_COMPONENT_TORCH_DESCRIPTION "image-classification server: what needs libtorch
simple-model-api with this package reads PyTorch's own files (state dicts in
.pth, TorchScript), runs on CUDA, and quantizes weights to int8. Safetensors
are served without it.")
set(CPACK_COMPONENT_OTLP_DESCRIPTION "image-classification server: export of traces
simple-model-api with this package sends traces of requests to an
OpenTelemetry collector, by OTLP over HTTP (setting otlp_endpoint).")
set(CPACK_COMPONENT_ONNX_DESCRIPTION "image-classification server: ONNX files
simple-model-api with this package serves classifiers that were exported to
ONNX, by ONNX Runtime or, where they are ResNets, by its own engine.")
set(CPACK_COMPONENT_GRPC_DESCRIPTION "image-classification server: the Open Inference Protocol over gRPC
simple-model-api with this package serves gRPC's clients, Triton's among them,
on the address that the setting grpc_listen names. It has the .proto files,
too.")
set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
    "${debian}/postinst;${debian}/prerm;${debian}/postrm;${debian}/conffiles")
include(CPack)
