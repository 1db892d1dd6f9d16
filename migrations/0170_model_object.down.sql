drop table model_object;
