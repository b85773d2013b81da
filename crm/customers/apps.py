from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "crm.customers"
    label = "customers"

    def ready(self) -> None:
        from crm.customers.messages import StoreHouse
        from sanfang.messaging import house

        house.install(StoreHouse())
